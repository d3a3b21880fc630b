"""Values that live: pure in time, never running backwards, agreeing with each other."""

from datetime import UTC, datetime

import pytest

from tools.plant.values import (
    CURVES,
    EPOCH,
    HOUR,
    YEAR,
    boundary,
    curve_area,
    curve_at,
    date_at,
    evaluate,
    wander,
)

AT = datetime(2026, 11, 22, 17, 30, tzinfo=UTC).timestamp()
COUNTER = {"counter": 1000, "per_hour": 12.5, "curve": "household"}


def value(form: object, at: float = AT, size: float = 1.0) -> object:
    return evaluate(form, at, size, "seed", {"serial": 17, "primary": 3})


@pytest.mark.parametrize("curve", CURVES)
def test_no_curve_falls_below_zero_and_its_area_is_its_integral(curve):
    hours = [EPOCH + n * HOUR for n in range(24 * 366)]
    assert min(curve_at(curve, at) for at in hours) >= 0
    total = 0.0
    for at in hours[:500]:
        total += curve_at(curve, at + HOUR / 2) * HOUR
    assert curve_area(curve, hours[500]) == pytest.approx(total, rel=1e-3)
    assert curve_area(curve, EPOCH + YEAR) == pytest.approx(YEAR, rel=1e-3)


def test_a_counter_starts_at_its_epoch_and_never_runs_backwards():
    assert value(COUNTER, EPOCH) == 1000
    shown = [value(COUNTER, EPOCH + n * 600) for n in range(5000)]
    assert shown == sorted(shown)
    assert value(COUNTER, EPOCH + YEAR) == pytest.approx(1000 + 12.5 * 24 * 365.25, rel=1e-3)


def test_the_rate_is_what_the_counter_gains():
    gained = value(COUNTER, AT + 60) - value(COUNTER, AT - 60)
    rate = value({"rate": 12.5, "curve": "household"})
    assert gained * 30 == pytest.approx(rate, rel=1e-4)
    peak = value({"peak": 12.5, "curve": "household"})
    assert all(
        value({"rate": 12.5, "curve": "household"}, AT + n * 900) <= peak for n in range(999)
    )


def test_size_makes_counters_larger_and_leaves_levels():
    assert value(COUNTER, size=2) == 2 * value(COUNTER)
    assert value({**COUNTER, "sized": False}, size=2) == value(COUNTER)
    level = {"level": 20, "swing": 3, "curve": "indoor", "wander": 1}
    assert value(level, size=2) == value(level)


def test_levels_stay_near_and_move():
    level = {"level": 20, "swing": 3, "curve": "indoor", "wander": 1}
    shown = {round(value(level, AT + n * 900), 3) for n in range(500)}
    assert len(shown) > 400
    assert 16 <= min(shown) < max(shown) <= 24


def test_wandering_is_smooth_and_the_same_each_time():
    assert wander("a", AT) == wander("a", AT)
    assert wander("a", AT) != wander("b", AT)
    assert abs(wander("a", AT) - wander("a", AT + 1)) < 0.01
    assert all(-1 <= wander("a", AT + n * 37) <= 1 for n in range(1000))


def test_stored_values_are_the_counter_at_the_boundary():
    stored = value({**COUNTER, "until": "month-1"})
    assert stored == value(COUNTER, boundary("month-1", AT))
    assert value({**COUNTER, "until": "month-2"}) < stored < value(COUNTER)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", (2026, 11, 22, 17, 30, 0)),
        ("day-1", (2026, 11, 21, 23, 59, 0)),
        ("day-2", (2026, 11, 20, 23, 59, 0)),
        ("day+1", (2026, 11, 22, 23, 59, 0)),
        ("month-1", (2026, 10, 31, 23, 59, 0)),
        ("month-11", (2025, 12, 31, 23, 59, 0)),
        ("month+1", (2026, 11, 30, 23, 59, 0)),
        ("month+2", (2026, 12, 31, 23, 59, 0)),
        ("year-1", (2025, 12, 31, 23, 59, 0)),
        ("year+1", (2026, 12, 31, 23, 59, 0)),
    ],
)
def test_boundaries(text, expected):
    assert tuple(date_at(text, AT)) == expected


def test_constants_facts_and_refusals():
    assert value(5) == 5
    assert value("text") == "text"
    assert value({"of": "serial"}) == 17
    for wrong in ({}, {"what": 1}):
        with pytest.raises(ValueError, match="form of value"):
            value(wrong)
    for text in ("month", "month-0", "week-1", "month-1 "):
        with pytest.raises(ValueError, match="boundary"):
            boundary(text, AT)
