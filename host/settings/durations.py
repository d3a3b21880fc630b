"""Durations as people write them: "10 s", "15 min", "48 h", with the symbols of the SI. Pure."""

from __future__ import annotations

import re

_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
_WRITTEN = re.compile(r"\s*(\d{1,9})\s*(s|min|h|d)?\s*", re.ASCII | re.IGNORECASE)


def told(seconds: int) -> str:
    """Return a duration (s, not negative) in the largest of s, min and h that tells it exactly."""
    for unit in ("h", "min"):
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{seconds // _SECONDS[unit]} {unit}"
    return f"{seconds} s"


def parse(text: str) -> int | None:
    """Return the seconds that a text means ("900", "15 min", "2 h", "1 d"), None for none."""
    found = _WRITTEN.fullmatch(text)
    return int(found[1]) * _SECONDS[(found[2] or "s").lower()] if found else None
