"""A new firmware is called good after half a minute of life; the watchdog is always fed."""

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

updater.FLAG = {flag!r}
updater.asyncio.sleep_ms = lambda ms: asyncio.sleep(0)
hal, gate = Hal(), Gate()
async def live(turns):
    task = asyncio.create_task(updater.Updater(hal, lambda: gate).run())
    while hal.fed < turns:
        await asyncio.sleep(0)
    task.cancel()
    with open(updater.FLAG) as file:
        return file.read()
tell([asyncio.run(live(25)), gate.entered, asyncio.run(live(100)), gate.entered, hal.fed])
"""


def test_new_firmware_is_good_after_half_a_minute(tmp_path: Path):
    flag = tmp_path / "slot"
    flag.write_text("b 2 a")
    young, entered, old, entered_then, fed = run_on_micropython(CODE.format(flag=str(flag)))
    assert (young, entered) == ("b 2 a", 0)
    assert (old, entered_then) == ("b", 1)  # written once, while no telegram was on the way
    assert fed >= 100


def test_good_firmware_writes_nothing(tmp_path: Path):
    flag = tmp_path / "slot"
    flag.write_text("b")
    flag.chmod(0o444)
    assert run_on_micropython(CODE.format(flag=str(flag)))[1:4] == [0, "b", 0]
