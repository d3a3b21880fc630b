"""Values that live: what a meter would show at a given time, computed and never stored.

A value is a pure function of the time, of the meter's size and of its seed, so the same plant shows
the same figures after a restart, counters never run backwards, and the counter, its rate and its
value at the end of last month agree with each other. Profiles name these forms:

    {"counter": START, "per_hour": MEAN, "curve": C}   START on 2026-01-01, then the integral of C
    {"counter": ..., "until": "month-1"}               the same counter at the end of last month
    {"counter": ..., "sized": false}                   the same in a meter of any size: hours
    {"rate": MEAN, "curve": C}                         what the counter gains now
    {"peak": MEAN, "curve": C}                         the highest rate the curve reaches
    {"level": MEAN, "swing": S, "curve": C, "wander": W}   MEAN + S * (C - 1) + W * slow noise
    {"date": "now"}, {"date": "month-1"}               the meter's clock; the end of last month
    {"date": "year+1"}                                 the end of this year
    {"of": "serial"}, {"of": "primary"}                what the meter is
    17, "text", "0a0b" (coding binary)                 a constant

Counters, rates and peaks grow with the meter's size; levels (temperatures, voltages) do not.
"""

import math
import re
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

EPOCH = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
DAY = 86_400.0
YEAR = 365.25 * DAY
HOUR = 3_600.0

# name: (daily share, hour of its peak, half-daily share, hour of its peak, yearly share, day of
# its peak). The shares add up to at most 1, so that no curve falls below 0.
CURVES = {
    "flat": (0.0, 0, 0.0, 0, 0.0, 0),
    "heating": (0.20, 6, 0.10, 7, 0.60, 15),
    "hot_water": (0.35, 13, 0.50, 7, 0.10, 15),
    "cold_water": (0.40, 13, 0.45, 7, 0.10, 200),
    "household": (0.35, 18, 0.20, 8, 0.20, 15),
    "office": (0.70, 13, 0.10, 11, 0.15, 15),
    "night": (0.80, 1, 0.00, 0, 0.15, 15),
    "sun": (0.45, 12, 0.00, 0, 0.45, 172),
    "outdoor": (0.25, 15, 0.00, 0, 0.75, 200),
    "indoor": (0.60, 17, 0.00, 0, 0.40, 200),
}


def _waves(curve: str) -> list[tuple[float, float, float]]:
    """Return a curve as (share, period in s, time of the peak)."""
    daily, at, half, half_at, yearly, day = CURVES[curve]
    waves = [
        (daily, DAY, EPOCH + at * HOUR),
        (half, DAY / 2, EPOCH + half_at * HOUR),
        (yearly, YEAR, EPOCH + day * DAY),
    ]
    return [wave for wave in waves if wave[0]]


def curve_at(curve: str, at: float) -> float:
    """Return the curve at Unix time `at`; its mean is 1."""
    return 1 + sum(
        share * math.cos(math.tau * (at - peak) / period) for share, period, peak in _waves(curve)
    )


def curve_area(curve: str, at: float) -> float:
    """Return the integral of the curve from EPOCH to Unix time `at`, in seconds."""

    def primitive(when: float) -> float:
        return (when - EPOCH) + sum(
            share * period / math.tau * math.sin(math.tau * (when - peak) / period)
            for share, period, peak in _waves(curve)
        )

    return primitive(at) - primitive(EPOCH)


def wander(seed: str, at: float, period: float = 600.0) -> float:
    """Return slow noise between -1 and 1: a new value each `period`, joined by lines."""
    step, rest = divmod(at, period)

    def corner(n: float) -> float:
        digest = blake2b(f"{seed}/{int(n)}".encode(), digest_size=4).digest()
        return int.from_bytes(digest, "little") / 0x7FFFFFFF - 1

    first = corner(step)
    return first + (corner(step + 1) - first) * rest / period


def boundary(text: str, at: float) -> float:
    """Return a time named relative to Unix time `at`.

    "now"; "day-1", "month-1", "year-1": the end of the last day, month or year, -2 of the one
    before; "+1" of the one that is running. ValueError for anything else.
    """
    if text == "now":
        return at
    found = re.fullmatch(r"(day|month|year)([+-][1-9]\d?)", text)
    if not found:
        raise ValueError(f"no such boundary: {text!r} (now, day-N, month-N, year-N, +N)")
    unit, count = found[1], int(found[2])
    ahead = count if count > 0 else count + 1
    today = datetime.fromtimestamp(at, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "day":
        return (today + timedelta(days=ahead)).timestamp()
    if unit == "year":
        return datetime(today.year + ahead, 1, 1, tzinfo=UTC).timestamp()
    months = today.year * 12 + today.month - 1 + ahead
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC).timestamp()


def date_at(text: str, at: float) -> tuple[int, int, int, int, int, int]:
    """Return the named time as year ... second; a boundary as the last minute before it."""
    when = boundary(text, at)
    if text != "now":
        when -= 60
    return datetime.fromtimestamp(when, UTC).timetuple()[:6]


def evaluate(form: Any, at: float, size: float, seed: str, facts: dict[str, Any]) -> Any:
    """Return the value of a profile's `form` at Unix time `at`.

    `size` is the meter's, `seed` a text of its own, `facts` what {"of": ...} may name. A number, a
    text or a date (year, month, day, hour, minute, second) comes back. ValueError: no such form.
    """
    if not isinstance(form, dict):
        return form
    curve = form.get("curve", "flat")
    size = size if form.get("sized", True) else 1.0
    if "counter" in form:
        when = boundary(form.get("until", "now"), at)
        gained = form["per_hour"] * curve_area(curve, when) / HOUR
        return max(0.0, (form["counter"] + gained) * size)
    if "rate" in form:
        return form["rate"] * size * curve_at(curve, at)
    if "peak" in form:
        return form["peak"] * size * (1 + sum(wave[0] for wave in _waves(curve)))
    if "level" in form:
        swing = form.get("swing", 0) * (curve_at(curve, at) - 1)
        return form["level"] + swing + form.get("wander", 0) * wander(seed, at)
    if "date" in form:
        return date_at(form["date"], at)
    if "of" in form:
        return facts[form["of"]]
    raise ValueError(f"no such form of value: {form!r}")
