from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.readout import charts
from host.readout.charts import EXCHANGED, GAP, OVERFLOWED, PARTIAL, RESET
from host.store.series import Numbers

HOUR = 3_600_000
GAP_MS = 2 * HOUR


def counter(*numbers: int, begin: int = 0, exponent: int = 0, who: bytes = b"A") -> Numbers:
    """Readings of a counter, one an hour."""
    return Numbers([begin + n * HOUR for n in range(len(numbers))], numbers, exponent, who)


def figures(pieces: Sequence[Numbers], *hours: float) -> list[tuple[int | None, Sequence[str]]]:
    found, _ = charts.gained(pieces, [int(hour * HOUR) for hour in hours], GAP_MS)
    return [(one.mantissa, one.marks) for one in found]


def test_a_counter_gains_what_lies_between_the_boundaries() -> None:
    assert figures([counter(10, 12, 15, 15)], 0, 1, 2, 3) == [(2, ()), (3, ()), (0, ())]


def test_a_reading_at_a_boundary_is_interpolated_and_the_periods_add_up() -> None:
    assert figures([counter(0, 10, 20)], 0, 0.25, 1.5, 2) == [(2, ()), (13, ()), (5, ())]


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=30), st.integers(1, 40))
def test_periods_add_up_to_the_whole_and_none_is_negative(steps: list[int], parts: int) -> None:
    numbers = [sum(steps[: n + 1]) for n in range(len(steps))]
    end = (len(numbers) - 1) * HOUR
    bounds = sorted({end * n // parts for n in range(parts + 1)})
    found, _ = charts.gained([counter(*numbers)], bounds, GAP_MS)
    gains = [one.mantissa or 0 for one in found]
    assert sum(gains) == numbers[-1] - numbers[0]
    assert min(gains, default=0) >= 0


def test_before_the_first_and_after_the_last_reading_there_is_nothing() -> None:
    found = figures([counter(5, 7, begin=2 * HOUR)], 0, 1, 2.5, 3, 4)
    assert found == [(None, ()), (1, (PARTIAL,)), (1, ()), (None, ())]


def test_an_exchanged_meter_gains_nothing_in_between_and_is_marked() -> None:
    new = counter(3, 4, begin=2 * HOUR, who=b"B")
    found = figures([counter(500, 510), new], 0, 1, 2, 3)
    assert found == [(10, ()), (0, (EXCHANGED,)), (1, ())]


@pytest.mark.parametrize(
    ("before", "after", "gain"),
    [(99_999_998, 3, 5), (9_999, 1, 2), (4_294_967_290, 4, 10), (65_535, 0, 1), (32_767, 2, 3)],
)
def test_a_counter_that_goes_over_its_end_goes_on_and_is_marked(
    before: int, after: int, gain: int
) -> None:
    found = figures([counter(before, after, after + 1)], 0, 1, 2)
    assert found == [(gain, (OVERFLOWED,)), (1, ())]


@pytest.mark.parametrize("after", [0, 40, 499])
def test_a_reset_counter_is_never_negative_and_is_marked(after: int) -> None:
    found = figures([counter(500, after, after + 2)], 0, 1, 2)
    assert found == [(0, (RESET,)), (2, ())]


def test_readings_far_apart_are_a_gap_where_a_boundary_lies_in_it() -> None:
    piece = Numbers([0, HOUR, 6 * HOUR, 7 * HOUR], [0, 1, 11, 12], 0, b"A")
    assert figures([piece], 0, 1, 3, 6, 7) == [(1, ()), (4, (GAP,)), (6, (GAP,)), (1, ())]


def test_pieces_of_different_exponents_are_one_counter() -> None:
    coarse = counter(10, 11, exponent=3)
    fine = counter(11_500, 12_000, begin=2 * HOUR)
    found, exponent = charts.gained([coarse, fine], [0, HOUR, 2 * HOUR, 3 * HOUR], GAP_MS)
    assert exponent == 0
    assert [one.mantissa for one in found] == [1000, 500, 500]


def test_no_readings_at_all() -> None:
    assert figures([], 0, 1) == [(None, ())]
    assert charts.moved([], [0, HOUR]) == ([charts.Moved(0, HOUR, 0)], 0)


def test_a_level_has_its_lowest_highest_and_sum_in_each_period() -> None:
    found, exponent = charts.moved(
        [counter(-5, 7, 3, exponent=-2)], [0, 2 * HOUR, 3 * HOUR, 9 * HOUR]
    )
    assert exponent == -2
    assert [(one.readings, one.low, one.high, one.total) for one in found] == [
        (2, -5, 7, 2),
        (1, 3, 3, 3),
        (0, None, None, 0),
    ]
