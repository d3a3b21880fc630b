"""`dates`: the reading dates (manual 6.6), on which every meter is read for the bill.

The board keeps them with its schedule and reads on them with or without a host.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from host.commands.configuring import change, stored
from host.settings.readout import LAST_DAY, ReadoutSettings
from host.settings.site import SiteSettings
from shared.errors import BadSetting

EVERY_MONTH = 0

Rules = tuple[Sequence[int], ...]


async def dates(data: Path, what: str, numbers: Sequence[int], zone: str | None) -> int:
    """List the reading dates, after a change of them or of the site's `zone`.

    what: a key of `CHANGES` with its numbers, or "list". Returns the status; raises BadSetting.
    """
    before: Rules = tuple(stored(data, ReadoutSettings).dates)
    rules = CHANGES[what](before, numbers)
    changes: dict[str, dict[str, Any]] = {}
    if zone is not None:
        changes["site"] = {"zone": zone}
    if rules != before:
        changes["readout"] = {"dates": [list(rule) for rule in rules]}
    if changes:
        await change(data, changes)
    zone_now = stored(data, SiteSettings).zone or "UTC"
    for number, rule in enumerate(rules, 1):
        print(f"{number:2}  {told(rule)} {zone_now}")
    if not rules:
        print("no reading dates")
    return 0


def told(rule: Sequence[int]) -> str:
    """Return (month or 0, day, hour) in words."""
    month, day, hour = rule
    day_text = "last day" if day == LAST_DAY else f"day {day}"
    month_text = "every month" if month == EVERY_MONTH else f"month {month}"
    return f"{day_text} of {month_text}, {hour:02}:00"


def _list(rules: Rules, numbers: Sequence[int]) -> Rules:
    _expect(numbers, 0, 0)
    return rules


def _add(rules: Rules, numbers: Sequence[int]) -> Rules:
    _expect(numbers, 1, 3)
    month = numbers[1] if len(numbers) > 1 else EVERY_MONTH
    hour = numbers[2] if len(numbers) > 2 else 0
    return _with(rules, (month, numbers[0], hour))


def _last(rules: Rules, numbers: Sequence[int]) -> Rules:
    _expect(numbers, 0, 1)
    return _with(rules, (EVERY_MONTH, LAST_DAY, numbers[0] if numbers else 0))


def _remove(rules: Rules, numbers: Sequence[int]) -> Rules:
    _expect(numbers, 1, 1)
    if not 1 <= numbers[0] <= len(rules):
        raise BadSetting(f"reading date {numbers[0]}: there are {len(rules)}")
    return rules[: numbers[0] - 1] + rules[numbers[0] :]


def _with(rules: Rules, rule: Sequence[int]) -> Rules:
    return rules if rule in rules else (*rules, rule)


def _expect(numbers: Sequence[int], least: int, most: int) -> None:
    if not least <= len(numbers) <= most:
        raise BadSetting(f"{len(numbers)} numbers given; dates --help shows what goes where")


CHANGES: dict[str, Callable[[Rules, Sequence[int]], Rules]] = {
    "list": _list,
    "add": _add,
    "last": _last,
    "remove": _remove,
}
