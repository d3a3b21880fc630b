"""Kept telegrams through today's decoder: what it makes of them, beside what was made before.

Values are decoded whenever somebody looks, so a better decoder serves the whole history at once.
What it changed nobody would see: so what each value of a meter was called, in which unit and power
of ten, is noted by a walk through all that is kept, and the next walk tells what is another now. It
reads a month of a meter at a time, each in a short transaction, and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from host.readout import own_values, telegrams
from host.readout.telegrams import RecordLine
from host.store import layouts, readings, series
from host.store.tables import DAY_MS
from shared.errors import MbuslinkError

_DAYS = 32
_NAMES = ("name", "unit", "factor")

Read = Callable[[], AbstractContextManager[Session]]
"""Opens a session for a moment."""


@dataclass
class Said:
    """What a decoder makes of a meter's telegrams. readings: how many were looked at; unreadable:
    telegrams among them that it cannot decode; values: [name, unit, factor] by value.
    """

    readings: int = 0
    unreadable: int = 0
    values: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def entry(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {"readings": self.readings, "unreadable": self.unreadable, "values": self.values}


class Change(NamedTuple):
    """A value that is told otherwise now. before, after: "" where there is none."""

    value: str
    before: str
    after: str


def walk(read: Read, meter_id: int) -> Said:
    """Return what today's decoder makes of everything that is kept of a meter."""
    said = Said()
    with read() as session:
        span = readings.span(session)
    first, end = span or (0, 0)
    for since in range(first, end, _DAYS * DAY_MS):
        with read() as session:
            for packed in series.days(session, meter_id, since, min(end, since + _DAYS * DAY_MS)):
                said.readings += len(packed.moments)
                for part in packed.parts:
                    _note(said, _of_layout(part.layout.blank), len(part.places))
                for _, blob in packed.bare:
                    _note(said, _of(blob), 1)
    return said


def changes(before: Mapping[str, Any] | None, after: Said) -> Iterator[Change]:
    """Yield what is another now; before: the entry of an earlier walk, None for none."""
    if before is None:
        return
    known: Mapping[str, Sequence[str]] = before["values"]
    for value in dict.fromkeys([*known, *after.values]):
        texts = [
            " ".join(one).strip() for one in (known.get(value, ()), after.values.get(value, ()))
        ]
        if texts[0] != texts[1]:
            yield Change(value, *texts)
    if before["unreadable"] != after.unreadable:
        yield Change("unreadable telegrams", str(before["unreadable"]), str(after.unreadable))


def _note(said: Said, found: tuple[int, Mapping[str, list[str]]], count: int) -> None:
    unreadable, values = found
    said.unreadable += unreadable * count
    for value, told in values.items():
        said.values.setdefault(value, told)


@lru_cache(maxsize=1024)
def _of_layout(blank: bytes) -> tuple[int, Mapping[str, list[str]]]:
    layout = layouts.of(blank)
    (blob,) = layout.fill([[bytes(field.size) for field in layout.fields]])
    return _of(blob)


def _of(blob: bytes) -> tuple[int, Mapping[str, list[str]]]:
    """Return (telegrams that cannot be decoded, what the values are called) of joined telegrams."""
    lines: list[RecordLine] = []
    unreadable = 0
    for frame in layouts.split(blob):
        try:
            lines += telegrams.explain(telegrams.decode(frame))
        except MbuslinkError:
            unreadable += 1
    return unreadable, {
        f"{key.head.upper()} #{key.nth + 1}": [str(line[name] or "") for name in _NAMES]
        for line, key in zip(lines, own_values.keys(lines), strict=True)
    }
