"""The twin's `Hal` as the firmware meets it: time, identity, console, reset."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.twin import Terminal, TwinProcess, running_twin

pytestmark = pytest.mark.twin
ROOT = Path(__file__).resolve().parents[3]
HAL = (  # from the sources: in what is installed, no module has a file of its own
    "import os, sys, vfs; sys.path.insert(0, '/src');"
    f" 'src' in os.listdir('/') or vfs.mount(vfs.VfsPosix({str(ROOT)!r}), '/src');"
    " from boards import twin; from firmware.hal.on_micropython import Hal; hal = Hal(twin)"
)


@pytest.fixture(scope="module")
def fast_twin() -> Iterator[TwinProcess]:
    with running_twin(time_scale=100) as twin:
        yield twin


def told(twin: TwinProcess, expression: str) -> str:
    return twin.mpremote("exec", HAL, "+", "eval", expression).strip()


def test_time_runs_n_times_faster_and_sleeps_are_n_times_shorter(fast_twin: TwinProcess):
    code = """
import asyncio, time
async def measure():
    world, ours = time.ticks_ms(), hal.ticks_ms()
    await hal.sleep_ms(20_000)
    return time.ticks_diff(time.ticks_ms(), world), time.ticks_diff(hal.ticks_ms(), ours)
world, ours = asyncio.run(measure())
print(200 <= world < 5000, abs(ours - 100 * world) <= 2000, ours >= 20_000)
"""
    assert fast_twin.mpremote("exec", HAL, "+", "exec", code) == "True True True\n"


def test_utc_is_unknown_until_set_and_the_worlds_afterwards(fast_twin: TwinProcess):
    code = """
import time
before = hal.utc_s()
hal.set_utc(1795367797)
time.sleep_ms(1100)
print(before, hal.utc_s() - 1795367797)
"""
    assert fast_twin.mpremote("exec", HAL, "+", "exec", code) == "None 1\n"


def test_the_chips_number_stays(fast_twin: TwinProcess):
    first = told(fast_twin, "hal.unique_id")
    assert len(first) == 16
    int(first, 16)
    assert told(fast_twin, "hal.unique_id") == first


def test_reset_starts_the_board_again(fast_twin: TwinProcess):
    starts = fast_twin.control("state")["starts"]
    terminal = Terminal(fast_twin.port)
    terminal.type(b"\x03")
    terminal.until(b">>> ")
    terminal.type(HAL.encode() + b"; hal.reset()\r")
    terminal.until(b"\x1e")  # main.py runs: the first record of the link
    assert fast_twin.control("state")["starts"] == starts + 1


def test_free_heap_is_told_in_bytes(fast_twin: TwinProcess):
    assert 100_000 < int(told(fast_twin, "hal.free_heap()")) < 400_000
