"""Two spans side by side, and what is told of them: totals, means, extremes, gaps."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from host.readout import comparison
from host.readout.comparison import Part

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def level(*values: str | None) -> list[Part]:
    """Hours of a level: a value is "mean/low/high/readings"."""
    found: list[Part] = []
    for place, text in enumerate(values):
        begin = BEGIN + place * HOUR
        if text is None:
            found.append(Part(begin, begin + HOUR, None))
            continue
        mean, low, high, count = map(Decimal, text.split("/"))
        found.append(Part(begin, begin + HOUR, mean, low, high, int(count), mean * count))
    return found


def test_the_mean_is_that_of_all_readings_in_the_values_own_digits():
    parts = level("10.0/1/20/1", None, "20.0/15/25/3")
    assert str(comparison.mean(parts)) == "17.5"
    assert comparison.mean(level(None)) is None


def test_the_extremes_are_the_first_of_equal_ones():
    parts = level("10/1/20/1", "10/1/20/1", "9/5/6/1")
    low = comparison.extreme(parts, lambda part: part.low, most=False)
    high = comparison.extreme(parts, lambda part: part.high, most=True)
    assert low is high is parts[0]
    assert comparison.extreme(level(None), lambda part: part.low, most=True) is None


def test_a_gap_lies_between_readings_and_is_longer_than_three_cycles():
    parts = level(None, "1/1/1/1", None, "1/1/1/1", None, None, None, "1/1/1/1", None)
    assert comparison.gaps(parts, 3600) == [(4, 6)]
    assert comparison.gaps(parts, 3 * 3600) == []
    assert comparison.gaps(parts, 60) == [(2, 2), (4, 6)]


def test_a_total_is_of_what_there_is():
    assert comparison.total(level("1.5/0/0/1", None, "2.25/0/0/1")) == Decimal("3.75")
    assert comparison.total(level(None)) is None
