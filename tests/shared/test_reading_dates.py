import calendar
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import reading_dates as dates

BERLIN = ZoneInfo("Europe/Berlin")
CHANGES = [
    (int(moment.timestamp()), int(moment.astimezone(BERLIN).utcoffset().total_seconds()))
    for year in range(2025, 2031)
    for moment in (
        datetime(year, 3, 31 - (5 * year // 4 + 4) % 7, 1, tzinfo=UTC),
        datetime(year, 10, 31 - (5 * year // 4 + 1) % 7, 1, tzinfo=UTC),
    )
]
RULES = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 31), st.integers(0, 23)), min_size=1, max_size=12
)
MOMENTS = st.integers(
    int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()),
    int(datetime(2029, 1, 1, tzinfo=UTC).timestamp()),
)


def utc(year, month, day, hour=0, minute=0):
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp())


@given(st.integers(1970, 2105), st.integers(1, 12))
def test_the_calendar_is_the_worlds(year, month):
    first = datetime(year, month, 1, tzinfo=UTC)
    days = int(first.timestamp()) // 86400
    length = calendar.monthrange(year, month)[1]
    assert dates.days_before(year, month) == days
    assert dates.month_length(year, month) == length
    assert dates.year_and_month(days) == dates.year_and_month(days + length - 1) == (year, month)


@given(MOMENTS)
def test_local_time_is_the_zones(moment):
    local = datetime.fromtimestamp(moment, BERLIN).replace(tzinfo=None)
    local_s = int(local.replace(tzinfo=UTC).timestamp())
    assert dates.utc_of(local_s, CHANGES) == int(local.replace(tzinfo=BERLIN).timestamp())


def test_summer_time_leaves_no_date_out_and_reads_none_twice():
    skipped, doubled = [(3, 29, 2)], [(10, 25, 2)]  # 2026 in Berlin
    assert dates.next_moment(utc(2026, 1, 1), skipped, CHANGES) == utc(2026, 3, 29, 1)
    assert dates.next_moment(utc(2026, 10, 1), doubled, CHANGES) == utc(2026, 10, 25, 0)
    assert dates.next_moment(utc(2026, 10, 25), doubled, CHANGES) > utc(2027, 10, 1)


def test_the_last_day_of_every_month():
    rules = [(dates.EVERY_MONTH, dates.LAST_DAY, 23)]
    at, found = utc(2028, 1, 1), []
    for _ in range(4):
        at = dates.next_moment(at, rules, [])
        found.append(datetime.fromtimestamp(at, UTC).strftime("%m-%d %H"))
    assert found == ["01-31 23", "02-29 23", "03-31 23", "04-30 23"]


@given(MOMENTS, RULES, st.sampled_from([[], CHANGES, [(0, 14 * 3600)], [(0, -12 * 3600)]]))
def test_last_and_next_stand_on_either_side(now, rules, offsets):
    last = dates.last_moment(now, rules, offsets)
    following = dates.next_moment(now, rules, offsets)
    assert now - 366 * 86400 <= last <= now < following <= now + 366 * 86400
    assert dates.next_moment(last, rules, offsets) == following
    assert dates.last_moment(following, rules, offsets) == following


def test_no_rules_no_dates():
    assert dates.next_moment(0, [], CHANGES) is None
    assert dates.last_moment(0, [], CHANGES) is None


@pytest.mark.parametrize("rule", [(12, 31, 23), (1, 1, 0)])
def test_the_turn_of_the_year(rule):
    near = (
        datetime(2026, 12, 31, 23, tzinfo=UTC)
        if rule[0] == 12
        else datetime(2027, 1, 1, tzinfo=UTC)
    )
    at = int(near.timestamp())
    assert dates.next_moment(at - 1, [rule], []) == at
    assert dates.last_moment(at, [rule], []) == at
    assert dates.next_moment(at, [rule], []) - at >= timedelta(days=365).total_seconds()
