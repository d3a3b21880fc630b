"""The counters over power cuts at every flash operation, on real MicroPython with LittleFS."""

from tests.fakes.small_python import run_on_micropython

PREPARE = """
import sys
for name in ("asyncio", "json", "os", "vfs"):
    __import__(name)
from tests.firmware.inputs import pulse_scenarios as them
"""


def test_whatever_operation_the_power_fails_at_no_counter_runs_back():
    tried, lost, backwards, kept = run_on_micropython(PREPARE + "tell(them.cuts())", 60)
    assert tried > 30, "the power was cut in the middle of keeping"
    assert (lost, backwards) == (0, 0)
    assert kept >= 12 * 7


def test_ten_years_of_keeping_every_minute_do_not_wear_the_flash_out():
    erases = run_on_micropython(PREPARE + "tell(them.wear(2000))", 60)
    per_block = erases / 2000 * 10 * 365 * 24 * 60 / 352  # spread over the board's 352 blocks
    assert per_block < 100_000, "NOR flash is good for 100 000 erases of a block"
