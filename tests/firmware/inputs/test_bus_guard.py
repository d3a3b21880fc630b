"""One segment's guard by its measurements, look by look; and the guard of three with its chip."""

import asyncio
from types import SimpleNamespace

from firmware.inputs.bus_guard import LONGEST_RETRY_MS, LOOK_MS, RETRY_MS, BusGuard, Segment
from tests.fakes.loop import in_jumping_time

WELL, HIGH, OVER = (36_000, 4_500), (36_000, 377_000), (2_500, 600_000)


def look(segment: Segment, ms: int, measured: tuple[int, int]) -> list:
    """Look for `ms`; return (when, switch, event) of each look that did something."""
    done = []
    for at in range(LOOK_MS, ms + 1, LOOK_MS):
        switch, event = segment.look(LOOK_MS, *measured)
        if switch is not None or event:
            done.append((at, switch, event))
    return done


def test_a_short_circuit_is_cut_off_within_100_ms_and_told_once():
    segment = Segment()
    look(segment, 1000, WELL)
    ((at, switch, event),) = look(segment, 200, OVER)[:1]
    assert at == 2 * LOOK_MS
    assert (switch, event) == (False, "bus_overcurrent")
    assert segment.state == "tripped"


def test_a_spike_of_one_look_is_none():
    segment = Segment()
    for _ in range(50):
        assert look(segment, LOOK_MS, OVER) == []
        assert look(segment, LOOK_MS, WELL) == []


def test_it_tries_again_with_growing_pauses_and_recovers():
    segment = Segment()
    look(segment, 100, OVER)
    pause_ms = RETRY_MS
    for _ in range(7):
        tried = look(segment, pause_ms + 200, OVER)
        assert [(switch, event) for _, switch, event in tried[:2]] == [(True, None), (False, None)]
        assert abs(tried[0][0] - pause_ms) <= 2000
        pause_ms = min(2 * pause_ms, LONGEST_RETRY_MS)
    tried = look(segment, pause_ms + 1200, WELL)
    assert [(switch, event) for _, switch, event in tried] == [
        (True, None),
        (None, "bus_recovered"),
    ]
    look(segment, 61_000, WELL)
    look(segment, 100, OVER)
    assert look(segment, RETRY_MS, WELL)[0][1] is True, "a new fault is tried after 10 s again"


def test_warnings_come_and_go_after_a_second():
    segment = Segment()
    assert look(segment, 980, HIGH) == []
    assert look(segment, 20, HIGH) == [(20, None, "bus_load_high")]
    assert look(segment, 5000, HIGH) == []
    assert look(segment, 1000, (36_000, 376_999)) == [(1000, None, "bus_recovered")]
    assert look(segment, 1000, (23_999, 4_500)) == [(1000, None, "bus_voltage_wrong")]
    assert look(segment, 1000, (42_000, 4_500)) == [(1000, None, "bus_recovered")]
    assert look(segment, 1000, (42_001, 4_500)) == [(1000, None, "bus_voltage_wrong")]


class SlowSupply:
    """Takes 4 ms to measure, as an ADS1115 does."""

    def __init__(self) -> None:
        self.shorted_at: float | None = None
        self.cut_at: float | None = None
        self.over = False

    async def measure(self) -> None:
        before = self.shorted_at is not None
        await asyncio.sleep(0.004)
        self.over = before

    def voltage_mv(self) -> int:
        return OVER[0] if self.over else WELL[0]

    def current_ua(self) -> int:
        return OVER[1] if self.over else WELL[1]

    def switch(self, on: bool) -> None:
        if not on and self.cut_at is None:
            self.cut_at = asyncio.get_running_loop().time()


@in_jumping_time
async def test_three_segments_on_one_slow_chip_are_cut_off_within_100_ms_too():
    loop = asyncio.get_running_loop()
    for late_ms in range(0, 40, 3):
        supplies = [SlowSupply() for _ in range(3)]
        hal = SimpleNamespace(
            supplies=supplies,
            ticks_ms=lambda: int(loop.time() * 1000) % (1 << 30),
            sleep_ms=lambda ms: asyncio.sleep(ms / 1000),
        )
        alarms = SimpleNamespace(report=lambda *_: None, set_tripped=lambda _: None)
        task = asyncio.create_task(BusGuard(hal, alarms).run())
        await asyncio.sleep(1 + late_ms / 1000)
        for supply in supplies:
            supply.shorted_at = loop.time()
        await asyncio.sleep(1)
        for supply in supplies:
            assert supply.cut_at is not None
            assert supply.cut_at - supply.shorted_at < 0.1
        task.cancel()
