"""How meters are read unless one has settings of its own (manual 6.4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import available_timezones

from shared.errors import BadSetting

CYCLE_S_MIN = 10
CYCLE_S_MAX = 172_800
MOST_DATES = 12
BAUDS = (300, 600, 1200, 2400, 4800, 9600)


@dataclass(frozen=True, slots=True)
class ReadoutSettings:
    """cycle_s: seconds from one readout of all meters to the next, 10 s to 48 h; 0 for no pause.

    dates: (month 1-12 or 0 for every month, day 1-31, hour 0-23) of each reading date, in the local
    time of `zone` (IANA name, "" for UTC). A day that a month does not have is its last.

    Raises `BadSetting` for a value out of its range.
    """

    cycle_s: int = 900
    dates: Sequence[Sequence[int]] = ()
    zone: str = ""

    def __post_init__(self) -> None:
        check_cycle(self.cycle_s)
        if len(self.dates) > MOST_DATES:
            raise BadSetting(f"{len(self.dates)} reading dates: at most {MOST_DATES} can be kept")
        object.__setattr__(self, "dates", tuple(tuple(rule) for rule in self.dates))
        for rule in self.dates:
            month, day, hour = rule
            if not (0 <= month <= 12 and 1 <= day <= 31 and 0 <= hour <= 23):
                raise BadSetting(f"reading date {month}-{day} {hour} h: there is no such moment")
        if self.zone and self.zone not in available_timezones():
            raise BadSetting(f"time zone {self.zone}: unknown; write a name such as Europe/Zurich")


def check_cycle(cycle_s: int) -> None:
    """Raise `BadSetting` unless `cycle_s` is a readout cycle in seconds, or 0 for no pause."""
    if cycle_s and not CYCLE_S_MIN <= cycle_s <= CYCLE_S_MAX:
        raise BadSetting(
            f"readout cycle {cycle_s} s: choose {CYCLE_S_MIN} s to {CYCLE_S_MAX} s (48 h)"
        )


def check_baud(baud: int) -> None:
    """Raise `BadSetting` unless the bus knows the rate `baud`."""
    if baud not in BAUDS:
        raise BadSetting(f"{baud} baud: choose one of {', '.join(map(str, BAUDS))}")
