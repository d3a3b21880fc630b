from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from host.readout.periods import HOUR_MS, boundaries
from shared.errors import BadSetting

ZURICH = ZoneInfo("Europe/Zurich")
KATHMANDU = ZoneInfo("Asia/Kathmandu")


def local(year: int, month: int, day: int, zone: ZoneInfo = ZURICH) -> datetime:
    return datetime(year, month, day, tzinfo=zone)


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


@pytest.mark.parametrize(
    ("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 11, 27), 24)]
)
def test_a_day_has_the_hours_that_its_clocks_show(day: tuple[int, int, int], hours: int) -> None:
    begin = local(*day)
    end = local(day[0], day[1], day[2] + 1)
    days = boundaries("day", begin, end, ZURICH)
    assert list(days) == [ms(begin), ms(end)]
    found = boundaries("hour", begin, end, ZURICH)
    assert len(found) == hours + 1
    assert {after - at for at, after in pairwise(found)} == {HOUR_MS}
    quarters = boundaries("quarter", begin, end, ZURICH)
    assert list(quarters[::4]) == list(found)
    assert len(quarters) == 4 * hours + 1


def test_months_begin_at_local_midnight_also_over_a_year() -> None:
    found = boundaries("month", local(2026, 11, 17), local(2027, 2, 1), ZURICH)
    assert list(found) == [ms(local(2026, m, 1)) for m in (11, 12)] + [
        ms(local(2027, m, 1)) for m in (1, 2)
    ]


def test_a_zone_with_half_hours_has_its_own() -> None:
    begin = local(2026, 1, 1, zone=KATHMANDU)
    found = boundaries("hour", begin, begin + timedelta(hours=3), KATHMANDU)
    assert [at % HOUR_MS for at in found] == [HOUR_MS // 4] * 4


def test_periods_hold_both_ends() -> None:
    since = datetime(2026, 5, 5, 10, 20, tzinfo=UTC)
    found = boundaries("hour", since, since + timedelta(hours=1), ZoneInfo("UTC"))
    assert list(found) == [ms(since.replace(minute=0)) + n * HOUR_MS for n in (0, 1, 2)]


def test_no_period_and_too_many_are_refused() -> None:
    now = datetime(2026, 5, 5, tzinfo=UTC)
    with pytest.raises(BadSetting, match="ends before"):
        boundaries("day", now, now, ZURICH)
    with pytest.raises(BadSetting, match="shorter"):
        boundaries("hour", now - timedelta(days=365 * 20), now, ZURICH)
