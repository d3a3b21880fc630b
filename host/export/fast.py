"""Columns of two coded types, read all at once: dates and times (type F) and floats (type H).

Both say the same as `shared.mbus.values`, which is asked for whatever is out of the ordinary: an
invalid or recurring moment, a float that is none or lies between two roundings.

Source: EN 13757-3:2018 annex A.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from struct import pack, unpack
from typing import Any, cast

from shared import scaled
from shared.mbus import values

_DAY = 0xFFFF_6000
"""The bits of a type F that say which day; with 1FFFh for the time of day, all but summer time."""
_TIME = 0x1FFF

_date = cast(Callable[[int, int], tuple[str | None, str | None]], cast(Any, values).date)
_text = cast(Callable[[int, int], str], cast(Any, scaled).text)


def moments(numbers: Sequence[int]) -> Sequence[int] | None:
    """Return the Unix seconds that numbers (signed, of type F) mean; None: one is no moment."""
    days = {number & _DAY for number in numbers}
    begins = {day: _begin(day) for day in days}
    times = _times()
    try:
        return [begins[number & _DAY] + times[number & _TIME] for number in numbers]  # type: ignore[operator]
    except TypeError:
        return None


@lru_cache(maxsize=4096)
def _begin(day: int) -> int | None:
    text, _ = _date(day, 4)
    try:
        return int(datetime.fromisoformat(text or "").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


@lru_cache(maxsize=1)
def _times() -> Sequence[int | None]:
    """Return the seconds since midnight for each of the 1FFFh times of day, None for no time."""
    found: list[int | None] = []
    for bits in range(_TIME + 1):
        minute, hour = bits & 63, bits >> 8
        plain = not bits & 0x80 and minute < 60 and hour < 24
        found.append(hour * 3600 + minute * 60 if plain else None)
    return found


def reals(numbers: Sequence[int], exponent: int) -> Sequence[str | None]:
    """Return floats (the bits as signed numbers) x 10**exponent as text of 6 significant digits.

    None for one that is no number, or that lies in the middle between two such texts.
    """
    distinct = list(set(numbers))
    texts = dict(zip(distinct, _reals(distinct, exponent), strict=True))
    return list(map(texts.__getitem__, numbers))


def _reals(numbers: Sequence[int], exponent: int) -> Sequence[str | None]:
    texts: list[str | None] = []
    for number in unpack(f"<{len(numbers)}f", pack(f"<{len(numbers)}i", *numbers)):
        text = f"{number:.8e}"  # as many digits as tell all floats apart
        if text[-7:-4] == "500" or text[-1] > "9":
            texts.append(None)
            continue
        if not exponent:
            text = f"{number:.6g}"
            if "e" not in text:
                texts.append(text if number else "0")
                continue
        text = f"{number:.5e}"
        digits, power = text.split("e")
        texts.append(_text(int(digits.replace(".", "")), int(power) - 5 + exponent))
    return texts
