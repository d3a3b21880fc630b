"""What can be changed of how one meter is read: a row for each setting (manual 6.4.4, 6.4.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from host.settings.readout import check_baud, check_cycle
from shared.errors import BadSetting


class Row(NamedTuple):
    """low, high: range of a number, longest text, None for a switch; empty: it may be None."""

    low: int | None
    high: int | None
    empty: bool = False


ROWS = {
    "baud": Row(300, 9600),
    "cycle_s": Row(0, 172_800, True),
    "per_day": Row(1, 8640, True),
    "snd_nke": Row(None, None),
    "application_reset": Row(-1, 255, True),
    "segment": Row(1, 3),
    "settle_ms": Row(0, 60_000),
    "retries": Row(0, 10),
    "name": Row(None, 200),
    "site": Row(None, 200),
    "changed_from": Row(None, 0, True),  # only None: somebody has seen that the meter is another
}


def check_changes(changes: Mapping[str, Any]) -> None:
    """Raise `BadSetting`, naming the setting and its range, unless all `changes` can be."""
    if not changes:
        raise BadSetting("nothing to change was given")
    for name, value in changes.items():
        if name not in ROWS:
            raise BadSetting(f"{name}: no setting of a meter")
        _check(name, value, ROWS[name])
    if changes.get("cycle_s") is not None:
        check_cycle(changes["cycle_s"])
    if "baud" in changes:
        check_baud(changes["baud"])


def _check(name: str, value: Any, row: Row) -> None:
    if value is None and row.empty:
        return
    if row.high is None:
        if not isinstance(value, bool):
            raise BadSetting(f"{name}: {value!r} is not on or off")
    elif row.low is None:
        if not isinstance(value, str) or len(value) > row.high:
            raise BadSetting(f"{name}: a text of at most {row.high} characters")
    elif isinstance(value, bool) or not isinstance(value, int) or not row.low <= value <= row.high:
        raise BadSetting(f"{name}: {value!r} is not {row.low} to {row.high}")
