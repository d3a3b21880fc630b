"""A new firmware is good after half a minute without a failure; a sick one restarts."""

from pathlib import Path

from tests.fakes.small_python import run_on_micropython

CODE = """
import asyncio
from firmware import updater

class Gate:
    entered = 0
    async def __aenter__(self):
        self.entered += 1
    async def __aexit__(self, *error):
        pass

class Hal:
    now_ms = 0
    fed = 0
    def ticks_ms(self):
        self.now_ms += 1000  # a second passes at each look
        return self.now_ms
    def watchdog(self):
        self.fed += 1

class Health:
    sick = False
    well = True
    def is_sick(self):
        return self.sick
    def was_well(self, ms):
        return self.well

orders = []
async def restart(params):
    orders.append(params)

updater.FLAG = {flag!r}
updater.asyncio.sleep_ms = lambda ms: asyncio.sleep(0)
hal, gate, health = Hal(), Gate(), Health()
async def live(turns):
    task = asyncio.create_task(updater.Updater(hal, lambda: gate, health, restart).run())
    while hal.fed < turns:
        await asyncio.sleep(0)
    task.cancel()
    with open(updater.FLAG) as file:
        return file.read()
"""
GROWS_OLD = """
tell([asyncio.run(live(25)), gate.entered, asyncio.run(live(100)), gate.entered, hal.fed])
"""
FAILS = """
health.well = False
failing = asyncio.run(live(100))
health.well = True
tell([failing, asyncio.run(live(200))])
"""
IS_SICK = """
health.sick = True
async def die():
    task = asyncio.create_task(updater.Updater(hal, lambda: gate, health, restart).run())
    for _ in range(1000):
        await asyncio.sleep(0)
        health.sick = False  # the restart is ordered: there is no way back
    task.cancel()
asyncio.run(die())
tell([hal.fed, orders])
"""


def test_new_firmware_is_good_after_half_a_minute(tmp_path: Path):
    flag = tmp_path / "slot"
    flag.write_text("b 2 a")
    young, entered, old, entered_then, fed = run_on_micropython(
        CODE.format(flag=str(flag)) + GROWS_OLD
    )
    assert (young, entered) == ("b 2 a", 0)
    assert (old, entered_then) == ("b", 1)  # written once, while no telegram was on the way
    assert fed >= 100


def test_good_firmware_writes_nothing(tmp_path: Path):
    flag = tmp_path / "slot"
    flag.write_text("b")
    flag.chmod(0o444)
    assert run_on_micropython(CODE.format(flag=str(flag)) + GROWS_OLD)[1:4] == [0, "b", 0]


def test_new_firmware_whose_parts_fail_is_not_good(tmp_path: Path):
    flag = tmp_path / "slot"
    flag.write_text("b 2 a")
    code = CODE.format(flag=str(flag)) + FAILS
    assert run_on_micropython(code) == ["b 2 a", "b"]


def test_sick_firmware_restarts_and_is_reset_where_it_cannot(tmp_path: Path):
    fed, orders = run_on_micropython(CODE.format(flag=str(tmp_path / "slot")) + IS_SICK)
    assert orders == [{}]  # once: everything is kept, then the board restarts
    assert 25 <= fed <= 35  # seconds that this may take; then the watchdog is hungry
