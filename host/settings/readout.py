"""How meters are read unless one has settings of its own (manual 6.4.4, 6.6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import AfterValidator

from host.settings import checks, durations
from host.settings.chapter import Chapter, setting
from host.texts.catalogue import N_
from shared.errors import BadSetting

CYCLE_S_MIN = 10
CYCLE_S_MAX = 172_800
MOST_DATES = 12
LAST_DAY = 31  # of a shorter month its last day
BAUDS = (300, 600, 1200, 2400, 4800, 9600)
CYCLES = (10, 60, 300, 900, 1800, 3600, 21_600, 43_200, 86_400, 172_800)
"""What a cycle is usually."""

Rule = tuple[int, int, int]


def _cycle(seconds: int) -> int:
    if seconds and not CYCLE_S_MIN <= seconds <= CYCLE_S_MAX:
        raise checks.wrong(
            N_("{told} cannot be; choose 10 s to 48 h, or 0 for no pause"),
            told=durations.told(seconds),
        )
    return seconds


def _rule(rule: Rule) -> Rule:
    month, day, hour = rule
    if not (0 <= month <= 12 and 1 <= day <= 31 and 0 <= hour <= 23):
        raise checks.wrong(
            N_("there is no reading date of month {month}, day {day}, {hour} h"),
            month=month,
            day=day,
            hour=hour,
        )
    return rule


def _few(rules: Sequence[Rule]) -> Sequence[Rule]:
    if len(rules) > MOST_DATES:
        raise checks.wrong(
            N_("{count} reading dates: at most {most} can be kept"),
            count=len(rules),
            most=MOST_DATES,
        )
    return rules


CycleSeconds = Annotated[int, AfterValidator(_cycle)]


class ReadoutSettings(Chapter):
    """cycle_s: seconds from one readout of all meters to the next, 10 s to 48 h; 0 for no pause.

    dates: (month 1-12 or 0 for every month, day 1-31, hour 0-23) of each reading date, in the local
    time of the site. A day that a month does not have is its last.
    """

    TITLE: ClassVar[str] = N_("Readout")
    HELP: ClassVar[str] = N_("How often all meters are read. A meter's own cycle goes before.")
    MANUAL: ClassVar[str] = "6.4.4"

    cycle_s: CycleSeconds = setting(
        900,
        N_("Readout cycle"),
        N_(
            "From one readout of all meters to the next, 10 s to 48 h; 0: without pause."
            " Whether the bus can keep it, the page says as soon as the logger has tried."
        ),
        kind="duration",
        low=0,
        high=CYCLE_S_MAX,
        choices=[(seconds, durations.told(seconds)) for seconds in CYCLES],
    )
    dates: Annotated[tuple[Annotated[Rule, AfterValidator(_rule)], ...], AfterValidator(_few)] = (
        setting(
            (),
            N_("Reading dates"),
            N_("Moments at which every meter is read for the bill; day 31 is a month's last day."),
            kind="dates",
        )
    )


def check_cycle(cycle_s: int) -> None:
    """Raise `BadSetting` unless `cycle_s` is a readout cycle in seconds, or 0 for no pause."""
    ReadoutSettings(cycle_s=cycle_s)


def check_baud(baud: int) -> None:
    """Raise `BadSetting` unless the bus knows the rate `baud`."""
    if baud not in BAUDS:
        raise BadSetting(f"{baud} baud: choose one of {', '.join(map(str, BAUDS))}")
