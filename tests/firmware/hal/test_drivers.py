"""Every driver of real hardware, on real MicroPython, against peripherals that obey the datasheets.

What they do is written in driver_scenarios.py; the programs of the PIO run in tests/fakes/pio.py.
"""

from pathlib import Path

from host.updates.drivers import DRIVERS
from tests.fakes.small_python import ROOT, run_on_micropython

FOLDER = ROOT / "firmware" / "hal" / "drivers"


def test_every_driver_keeps_its_promises():
    code = "from tests.firmware.hal import driver_scenarios as s\ns.main()\ntell(len(s.SCENARIOS))"
    assert run_on_micropython(code, heap="4m") >= 20


def test_every_driver_is_in_the_table_that_boards_are_checked_by():
    there = {path.stem for path in FOLDER.glob("[!_]*.py")}
    assert there == set(DRIVERS)


def test_a_driver_reads_the_settings_that_the_table_promises():
    for name, driver in DRIVERS.items():
        text = source(FOLDER / f"{name}.py")
        for setting in [*driver.settings, *(name for way in driver.ways for name in way)]:
            assert f'"{setting}"' in text or "settings.items()" in text, f"{name}: {setting}"


def source(path: Path) -> str:
    """The driver's text and that of the hardware modules it is made of."""
    found = path.read_text()
    for helper in ("ads1115", "drivers/uart"):
        if f"firmware.hal.{helper.replace('/', '.')}" in found:
            found += (ROOT / "firmware" / "hal" / f"{helper}.py").read_text()
    return found
