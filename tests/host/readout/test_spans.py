"""Days, weeks, months and years of a chart: where they begin, and what is compared with what."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from host.readout import spans
from host.readout.spans import Span, beginning, holding
from shared.errors import BadSetting

ZURICH = ZoneInfo("Europe/Zurich")


@pytest.mark.parametrize(
    ("kind", "start", "end", "before", "year_before"),
    [
        ("day", (2024, 2, 29), (2024, 3, 1), (2024, 2, 28), (2023, 2, 28)),
        ("week", (2026, 11, 23), (2026, 11, 30), (2026, 11, 16), (2025, 11, 24)),
        ("month", (2026, 1, 1), (2026, 2, 1), (2025, 12, 1), (2025, 1, 1)),
        ("month", (2026, 1, 31), (2026, 2, 28), (2025, 12, 31), (2025, 1, 31)),
        ("year", (2025, 7, 1), (2026, 7, 1), (2024, 7, 1), (2024, 7, 1)),
    ],
)
def test_spans_and_those_before(kind, start, end, before, year_before):
    span = Span(kind, date(*start))
    assert span.end == date(*end)
    assert span.moved(-1).start == date(*before)
    assert span.year_before().start == date(*year_before)


def test_the_calendars_spans_and_those_that_begin_on_a_day():
    day = date(2026, 11, 27)
    starts = [holding(kind, day).start for kind in spans.KINDS]
    assert starts == [day, date(2026, 11, 23), date(2026, 11, 1), date(2026, 1, 1)]
    assert beginning("month", day) == Span("month", day)
    assert beginning("year", day).start == date(2026, 11, 1)
    assert holding("month", day).is_calendar
    assert not Span("month", day).is_calendar


def test_the_same_hour_has_the_same_slot_whatever_the_clocks_do():
    today, before = (Span("day", date(2026, 10, day)) for day in (25, 24))
    first, again = (datetime(2026, 10, 25, 2, 30, tzinfo=ZURICH, fold=fold) for fold in (0, 1))
    assert today.slot(first) == before.slot(datetime(2026, 10, 24, 2, 30, tzinfo=ZURICH))
    assert today.slot(first) < today.slot(again) < today.slot(first + timedelta(hours=1))


def test_the_same_day_of_a_year_has_the_same_slot_in_a_leap_year():
    slots = [
        Span("year", date(year, 1, 1)).slot(datetime(year, 3, 1, tzinfo=ZURICH))
        for year in (2023, 2024)
    ]
    assert slots[0] == slots[1]


def test_a_day_too_far_is_refused():
    for day in (date(1, 1, 1), date(9999, 12, 31)):
        with pytest.raises(BadSetting, match="choose a day"):
            Span("day", day)
    with pytest.raises(BadSetting):
        Span("year", spans.FIRST).moved(-1)


def test_what_a_span_is_shown_by():
    assert spans.parts("year", 900, is_counter=True) == "month"
    assert spans.parts("year", 900, is_counter=False) == "day"
    assert spans.parts("day", 60, is_counter=False) == "quarter"
    assert spans.parts("day", 900, is_counter=False) == "hour"
