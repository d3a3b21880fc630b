"""The decoder of `shared`, with types: the one place where the host meets its untyped tuples.

`shared.mbus.telegram` and `shared.reading` run on boards whose Python has no `typing`; what they
promise in words is written down here once for the type checker, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, cast

from shared import quantities, reading
from shared.mbus import media, names, report, telegram

RecordLine = dict[str, Any]
"""One record as `shared.mbus.report.explain` describes it, with "modifiers", "is_float", "head"."""


class Record(Protocol):
    """One value of a telegram; asked by the functions below, never by its parts."""


class Telegram(Protocol):
    """One frame of a meter; fields that its kind does not have are None."""

    frame: bytes
    ci: int
    address: int
    records: list[Record]
    error: str | None
    more: bool
    id: str | None
    manufacturer: str | None
    version: int | None
    medium: int | None
    access_no: int | None
    status: int | None
    signature: int | None


_telegram = cast(Any, telegram)
_reading = cast(Any, reading)
_media = cast(Any, media)
_names = cast(Any, names)
_report = cast(Any, report)
_quantities = cast(Any, quantities)

decode: Callable[[bytes], Telegram] = _telegram.decode
medium_text: Callable[[int | None], str | None] = _media.medium

name: Callable[[Record], str] = _reading.name
quantity: Callable[[Record], str] = _reading.quantity
modifiers: Callable[[Record], tuple[str, ...]] = _reading.modifiers
function: Callable[[Record], str] = _reading.function
storage: Callable[[Record], int] = _reading.storage
tariff: Callable[[Record], int] = _reading.tariff
subunit: Callable[[Record], int] = _reading.subunit
value_text: Callable[[Record], str | None] = _reading.value_text
scaled: Callable[[Record], tuple[int, int] | None] = _reading.scaled
error: Callable[[Record], str | None] = _reading.error
raw: Callable[[Record], str] = _reading.raw
csv_unit: Callable[[Record], str] = _reading.csv_unit
csv_value: Callable[[Record], str] = _reading.csv_value
csv_name: Callable[[str], str] = _quantities.csv_name
symbol: Callable[[str], str] = _quantities.symbol
status_flags: Callable[[int | None], list[str]] = _report.status_flags

FUNCTIONS = {"instantaneous": 0, "maximum": 1, "minimum": 2, "error": 3}
"""What `function` returns -> VT of the Standard CSV, ValueType of FULL-DB (manual 11.2, 11.3)."""


def head(record: Record) -> bytes:
    """Return the bytes of DIB and VIB: what the value is, without its data."""
    return bytes(_reading.dib_of(record)) + bytes(_reading.vib_of(record))


def name_in(record: Record, translate: Callable[[str], str]) -> str:
    """Return the name by the rule of the Standard CSV with its words run through `translate`."""
    return _names.name(
        translate(csv_name(quantity(record))),
        tuple(translate(word) for word in modifiers(record)),
        FUNCTIONS.get(function(record), 0),
        tariff(record),
        storage(record),
    )


def explain(decoded: Telegram) -> list[RecordLine]:
    """Return the records of a telegram, explained."""
    lines: list[RecordLine] = list(_report.explain(decoded))
    for line, record in zip(lines, decoded.records, strict=True):
        line["modifiers"] = modifiers(record)
        line["is_float"] = _reading.is_float(record)
        line["head"] = head(record).hex()
    return lines
