"""The counters over power cuts at every flash operation, on real MicroPython with LittleFS.

And when they are kept, in time that jumps.
"""

import asyncio
import itertools
from collections.abc import Callable
from random import Random
from types import SimpleNamespace

import pytest

from firmware.inputs import pulse_inputs
from firmware.inputs.pulse_inputs import KEEP_S, PulseInputs
from host.updates.boards import read
from shared.mbus.report import frame_as_dict
from tests.fakes.loop import in_jumping_time
from tests.fakes.small_python import run_on_micropython
from tests.fakes.virtual_time import MemoryFlash

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


@pytest.fixture(scope="module")
def erases_a_save() -> float:
    return run_on_micropython(PREPARE + "tell(them.wear(2000))", 60) / 2000


@pytest.mark.parametrize(("board", "told"), [("w5500_evb_pico", 4100), ("pico_w", 6600)])
def test_ten_years_of_keeping_every_minute_do_not_wear_the_flash_out(erases_a_save, board, told):
    blocks = read(board).flash_kb // 4
    per_block = erases_a_save * 10 * 365 * 24 * 60 / blocks  # spread over all that it has
    assert per_block < 100_000, "NOR flash is good for 100 000 erases of a block"
    assert per_block == pytest.approx(told, rel=0.1), "as the module says"


class Clock:
    """A board with one S0 input, a pulse a second, in the loop's time."""

    unique_id = "0123456789abcdef"

    def __init__(self) -> None:
        self.pulse_counters = [SimpleNamespace(count=self.count, closed=lambda: False)]
        self.values = {"start_milli": 0, "weight_milli": 1000, "unit": "l", "active": True}
        self.values["medium"] = "water"

    def count(self) -> int:
        return int(asyncio.get_running_loop().time())

    async def sleep_ms(self, ms: int) -> None:
        await asyncio.sleep(ms / 1000 + 0.003)  # other tasks have their turns

    def on_power_failing(self, callback: object) -> None:
        pass

    def get(self, name: str) -> object:
        return self.values[name.split(".")[2]]

    def watch(self, callback: Callable[[set[str]], None]) -> None:
        self.changed = callback


@pytest.mark.parametrize("cycle_s", [10, 45, 60, 75, 90, 100, 120, 150, 185, 900, 3600])
@in_jumping_time
async def test_flash_is_written_once_a_minute_at_most_and_a_reading_is_of_its_moment(
    monkeypatch: pytest.MonkeyPatch, cycle_s: int
):
    loop, random = asyncio.get_running_loop(), Random(cycle_s)
    saved: list[float] = []
    flash = MemoryFlash()
    keep = flash.save
    monkeypatch.setattr(flash, "save", lambda *what: (saved.append(loop.time()), keep(*what)))
    monkeypatch.setattr(pulse_inputs, "kept_values", flash)
    board = Clock()
    inputs = PulseInputs(board, board)
    task = asyncio.create_task(inputs.run())
    start = loop.time()
    stale: list[float] = []
    for n in range(1, 20):
        await asyncio.sleep(start + n * cycle_s + random.uniform(0, 2) - loop.time())
        (entry,) = await inputs.entries()
        assert entry["address"] == "S0-1"
        stale.append(loop.time() - saved[-1])
    task.cancel()
    pauses = [after - before for before, after in itertools.pairwise(saved)]
    assert min(pauses) >= KEEP_S
    assert max(pauses) <= 2 * KEEP_S + 2
    if cycle_s > KEEP_S + 2:
        assert max(stale[2:]) < 1.5, "its counter was kept for it"
    else:
        assert max(stale) <= 2 * KEEP_S


@in_jumping_time
async def test_a_reading_after_a_change_is_of_the_new_start_value(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pulse_inputs, "kept_values", MemoryFlash())
    board = Clock()
    inputs = PulseInputs(board, board)
    task = asyncio.create_task(inputs.run())
    await asyncio.sleep(2 * KEEP_S)
    await inputs.entries()
    await asyncio.sleep(KEEP_S / 2)  # thirty pulses that are not kept yet
    board.values["start_milli"] = 1000
    board.changed({"s0.1.start_milli"})
    (entry,) = await inputs.entries()
    assert frame_as_dict(entry["telegrams"][0])["records"][0]["value"] == "0.001"  # m³
    task.cancel()
