from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import schedule
from shared.schedule import AT_ONCE, CONTINUOUS, DAY_S, Uptime, next_due

QUARTER = 900
NOON = 1795953600  # 2026-11-29 12:00:00 UTC
CYCLES = st.one_of(st.sampled_from([10, 60, 900, 3600, 86400, 172800]), st.integers(10, 172800))


class Meter:
    """A meter as a logger keeps it, on a clock that may be stepped; `at`: real moments of reading.

    late_s: how long after it was due a reading begins.
    """

    def __init__(self, cycle_s: int, per_day: int = 0, utc_s: int | None = NOON) -> None:
        self.cycle_s, self.per_day = cycle_s, per_day
        self.period = schedule.period_s(cycle_s, per_day)
        self.real_s = 0
        self.aligned = utc_s is not None
        self.ahead_s = utc_s or 0  # of the board's clock before real time
        self.served_s: int | None = None
        self.begun_s: int | None = None
        self.at: list[int] = []

    def due_s(self) -> int:
        args = (self.served_s, self.begun_s, self.cycle_s, self.per_day, self.aligned)
        return schedule.due_s(*args)

    def step(self, by_s: int) -> None:
        self.ahead_s += by_s
        if self.served_s is not None:
            self.served_s += by_s
        if self.begun_s is not None:
            self.begun_s += by_s

    def set_clock(self, utc_s: int) -> None:
        self.step(utc_s - self.real_s - self.ahead_s)
        self.aligned = True

    def run(self, real_s: int, late_s: int = 0) -> None:
        """Read whatever falls due until `real_s`."""
        while True:
            due = self.due_s()
            begin = max(due - self.ahead_s + late_s, self.real_s) if due else self.real_s
            if begin > real_s:
                self.real_s = real_s
                return
            self.real_s = begin
            now = begin + self.ahead_s
            self.served_s = schedule.slot_s(now, due, self.period, self.aligned)
            self.begun_s = now
            self.at.append(begin)
            if not self.period:
                self.real_s += 1

    def pauses(self) -> list[int]:
        return [b - a for a, b in zip(self.at, self.at[1:], strict=False)]


def test_readouts_stand_on_the_full_quarter_hours():
    assert next_due(NOON, QUARTER) == NOON + 900
    assert next_due(NOON + 899, QUARTER) == NOON + 900
    meter = Meter(QUARTER, utc_s=NOON + 100)
    meter.run(3000)
    assert meter.at == [0, 800, 1700, 2600]


@given(st.integers(0, 1 << 33), st.integers(1, 172800))
def test_the_next_slot_comes_within_a_cycle(now, cycle):
    due = next_due(now, cycle)
    assert now < due <= now + cycle
    assert due % cycle == 0


@given(CYCLES, st.integers(0, 1 << 31), st.integers(0, 3))
def test_once_in_every_slot(cycle, start, part):
    """However late in the first half of its slot a meter is read."""
    meter = Meter(cycle, utc_s=start + 1)
    late_s = part * (cycle // 2) // 3
    meter.run(20 * cycle, late_s)
    slots = [(start + 1 + at) // cycle for at in meter.at]
    assert slots == list(range(slots[0], slots[0] + len(slots)))
    assert len(slots) >= 20


def test_a_meter_held_up_for_hours_is_read_once_and_the_missed_are_counted():
    meter = Meter(QUARTER)
    meter.run(0)
    due = meter.due_s()
    meter.real_s = 2 * 3600 + 450
    assert schedule.missed(meter.real_s + NOON, due, QUARTER) == 7
    meter.run(2 * 3600 + 900)
    assert meter.at == [0, 7650, 8100]


@given(st.sampled_from([-3600, 3600]), st.sampled_from([10, 60, 300, 900, 3600]), st.integers(0))
def test_an_hour_either_way_changes_nothing(step, cycle, when):
    """Nothing lost, nothing doubled: the pauses are those of a clock that was never touched."""
    meter = Meter(cycle)
    meter.run(when % 7200)
    meter.step(step)
    meter.run(14400)
    assert set(meter.pauses()) == {cycle}


@given(CYCLES, st.lists(st.tuples(st.integers(0, 400000), st.integers(-90000, 90000)), max_size=20))
def test_no_steps_make_a_storm_or_a_gap(cycle, steps):
    """Even by odd steps and for cycles longer than them."""
    meter = Meter(cycle, utc_s=NOON // cycle * cycle)
    for after, by in steps:
        meter.run(meter.real_s + after % (3 * cycle))
        meter.step(by)
    meter.run(meter.real_s + 5 * cycle)
    assert all(cycle // 2 <= pause <= Fraction(3 * cycle, 2) + 1 for pause in meter.pauses())
    assert meter.pauses()[-3:] == [cycle] * 3


@given(CYCLES, st.integers(0, 400000), st.integers(1 << 30, 1 << 32))
def test_a_clock_that_comes_late_aligns_and_loses_nothing(cycle, known_after, utc):
    meter = Meter(cycle, utc_s=None)
    meter.run(known_after)
    assert set(meter.pauses()) <= {cycle}
    before = len(meter.at)
    meter.set_clock(utc)
    meter.run(known_after + 4 * cycle)
    pauses = meter.pauses()[before - 1 :]
    assert cycle // 2 <= pauses[0] <= Fraction(3 * cycle, 2)
    assert sum(pauses) == pytest.approx(cycle * len(pauses), abs=cycle)
    assert set(pauses[2:]) == {cycle}
    assert (meter.at[-1] + meter.ahead_s) % cycle == 0


@given(
    st.integers(1, 100),
    CYCLES,
    st.lists(st.tuples(st.integers(0, 90000), st.integers(-7200, 7200)), max_size=9),
    st.integers(0, 3000),
)
def test_a_battery_is_never_asked_more_often_in_any_24_hours(per_day, cycle, steps, late_s):
    meter = Meter(cycle, per_day)
    for after, by in steps:
        meter.run(meter.real_s + after, late_s)
        meter.step(by)
    meter.run(meter.real_s + 4 * DAY_S, late_s)
    for place, at in enumerate(meter.at):
        within = [other for other in meter.at[place:] if other < at + DAY_S]
        assert len(within) <= per_day
    assert meter.pauses()[-1] <= schedule.period_s(cycle, per_day) * 3 // 2 + late_s


def test_a_battery_budget_is_spread_evenly_over_the_day():
    meter = Meter(QUARTER, per_day=4)
    meter.run(3 * DAY_S)
    assert set(meter.pauses()) == {6 * 3600}


def test_a_reading_by_hand_counts_against_the_battery():
    meter = Meter(QUARTER, per_day=2)
    meter.run(0)
    meter.begun_s = NOON + 11 * 3600
    assert meter.due_s() == NOON + 23 * 3600


def test_continuous_is_due_as_soon_as_it_was_read():
    meter = Meter(CONTINUOUS)
    meter.run(20)
    assert meter.at == list(range(21))
    assert schedule.missed(NOON + 99, NOON, CONTINUOUS) == 0
    assert Meter(CONTINUOUS, per_day=24).period == 3600


def test_what_was_never_read_is_due_at_once():
    assert Meter(172800).due_s() == AT_ONCE


def test_shortest_cycle():
    assert schedule.shortest_cycle_s(45_000, 0) == 45
    assert schedule.shortest_cycle_s(45_001, 0) == 46
    assert schedule.shortest_cycle_s(300, 0) == 10
    half = schedule.share(30_000, 60)
    assert schedule.shortest_cycle_s(45_000, half) == 90
    assert schedule.shortest_cycle_s(45_000, schedule.share(30_000, CONTINUOUS)) == 45
    assert schedule.shortest_cycle_s(45_000, half + schedule.share(5_000, 10)) is None


def test_a_schedule_that_the_buses_cannot_meet_is_told_with_the_shortest_that_they_can():
    meters = [(1, 500, None)] * 100
    assert schedule.too_short(60, meters) is None
    assert schedule.too_short(CONTINUOUS, meters) is None
    reason, shortest = schedule.too_short(45, meters)
    assert "segment 1" in reason
    assert "50 s" in reason
    assert shortest == 50
    assert schedule.too_short(45, [(1 + n % 3, 500, None) for n in range(100)]) is None
    both = meters + [(2, 1000, None)] * 100
    assert schedule.too_short(45, both)[1] == 100
    reason, shortest = schedule.too_short(900, [*both, (1, 11_000, 10)])
    assert "segment 1" in reason
    assert "own cycles" in reason
    assert shortest is None


@given(st.lists(st.integers(0, 6 * 86_400_000), max_size=40), st.integers(0, (1 << 30) - 1))
def test_uptime_over_the_wrap(pauses, start):
    uptime = Uptime(start)
    passed = 0
    for pause in pauses:
        passed += pause
        assert uptime.now_s((start + passed) % (1 << 30)) == passed // 1000


def test_ten_years_of_ticks():
    """The counter wraps 294 times; a cycle of 15 minutes keeps its step to the end."""
    uptime = Uptime(0)
    meter = Meter(QUARTER, utc_s=None)
    ms = 0
    for _ in range(3653):
        ms += DAY_S * 1000
        meter.run(uptime.now_s(ms % (1 << 30)))
    assert len(meter.at) == 3653 * 96 + 1
    assert set(meter.pauses()) == {QUARTER}
