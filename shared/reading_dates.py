"""Reading dates (manual 6.6): moments such as the last day of every month at 23:00, local time.

The host gives the rules as they were entered and the changes of its zone's offset for years ahead,
so that a board that never hears from it again still reads at the right moment. A local time that
a change to summer time leaves out is taken as if the clock had not been put forth; one that comes
twice means the first. Integers only: the civil calendar is counted by hand.
"""

from shared.compat import const

EVERY_MONTH = const(0)
LAST_DAY = const(31)  # of a shorter month its last day
_DAY_S = const(86400)
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def month_length(year: int, month: int) -> int:
    """Return the days of `month` (1-12) in `year` of the Gregorian calendar."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and leap else _LENGTHS[month - 1]


def days_before(year: int, month: int) -> int:
    """Return the days from 1970-01-01 to the first day of `month` in `year`."""
    shifted = year - (month < 3)
    era_day = 365 * shifted + shifted // 4 - shifted // 100 + shifted // 400
    return era_day + (153 * ((month + 9) % 12) + 2) // 5 - 719468


def year_and_month(days: int) -> "tuple[int, int]":
    """Return (year, month) of the day `days` after 1970-01-01, 0.."""
    year = 1970 + days // 366
    while days_before(year + 1, 1) <= days:
        year += 1
    month = 1
    while month < 12 and days_before(year, month + 1) <= days:
        month += 1
    return year, month


def utc_of(local_s: int, offsets) -> int:
    """Return the UTC moment of the local time `local_s` (seconds since 1970 by the wall clock).

    offsets: (from which UTC moment, local minus UTC in seconds), the earliest first; the first
    holds for all time before it too. Empty: local time is UTC.
    """
    utc_s = local_s
    for place in range(len(offsets)):
        if place and local_s - offsets[place - 1][1] < offsets[place][0]:
            break  # it was over before this change, or comes twice: the first counts
        if place and local_s - offsets[place][1] < offsets[place][0]:
            break  # left out by this change: as if the clock had not been put forth
        utc_s = local_s - offsets[place][1]
    return utc_s


def last_moment(now_s: int, dates, offsets) -> "int | None":
    """Return the newest reading date not after `now_s` (s since 1970 UTC), None without rules.

    dates: (month 1-12 or EVERY_MONTH, day 1-31, hour 0-23) of each rule.
    """
    return _nearest(now_s, dates, offsets, range(0, -14, -1))


def next_moment(now_s: int, dates, offsets) -> "int | None":
    """Return the first reading date after `now_s`, None without rules."""
    return _nearest(now_s, dates, offsets, range(-1, 14))


def _nearest(now_s, dates, offsets, months):
    """Return the moment nearest to `now_s` on the side that `months` (steps from it) leads to."""
    ahead = months[-1] > 0
    best = None
    base_year, base_month = year_and_month((now_s + _DAY_S) // _DAY_S)
    for step in months:
        year = base_year + (base_month - 1 + step) // 12
        month = (base_month - 1 + step) % 12 + 1
        for rule_month, day, hour in dates:
            if rule_month not in (EVERY_MONTH, month):
                continue
            day = min(day, month_length(year, month))
            local_s = (days_before(year, month) + day - 1) * _DAY_S + hour * 3600
            moment = utc_of(local_s, offsets)
            if ahead and moment > now_s and (best is None or moment < best):
                best = moment
            if not ahead and moment <= now_s and (best is None or moment > best):
                best = moment
    return best
