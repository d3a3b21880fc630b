"""JSON: a meter, what it tells, and one line a readout; numbers exact, of any size.

    {"meter": {...},
     "values": [{"name", "unit", "function", "storage", "tariff", "settings"}, ...],
     "readings": [
    {"at": "2026-01-31T12:00:00.000Z", "values": [148213000, 43240.1, null, "text"]},
    ...
    ]}

Names, units and numbers are those of the Standard CSV; "settings" (only where there are some) says
what was set for a value, its factor among it. A meter's own times are texts in ISO 8601 without a
zone, as the meter has none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import repeat
from typing import Any

from host.export import columns
from host.export.columns import Column, Sheet
from host.export.csv_text import decimals
from host.export.form import Format
from host.export.standard import Name, sheets
from host.export.subject import Subject, who
from host.readout import telegrams
from host.readout.telegrams import Record
from host.settings.value import OwnValues
from host.store.block import Block, Part
from host.store.tables import from_ms

_NOTHING = "null"


class JsonStyle:
    """Cells as JSON."""

    def numbers(self, mantissas: Sequence[int], exponent: int) -> Sequence[str]:
        return decimals(mantissas, exponent)

    def decimals(self, texts: Sequence[str]) -> Sequence[str]:
        return texts

    def moments(self, seconds: Sequence[int]) -> Sequence[str]:
        return [f'"{datetime.fromtimestamp(one, UTC):%Y-%m-%dT%H:%M:%S}"' for one in seconds]

    def cell(self, record: Record) -> str:
        text = telegrams.csv_value(record)
        return text if telegrams.scaled(record) is not None else _json(text)


def encode(subject: Subject, form: Format) -> Iterator[bytes]:
    """Yield the file of a meter. Its readings are asked for twice: first for what it tells."""
    yield b'{"meter": '
    known: dict[Name, Column] = {}
    first: Sheet | None = None
    for piece in subject.surveyed():
        for packed in piece:
            for sheet in sheets(packed, form.language, subject.own):
                first = first or sheet
                for column in sheet.columns:
                    known.setdefault((column.name, column.nth), column)
    yield f"{_json(_meter(subject, first, form))},\n".encode()
    yield f'"values": {_json([_value(column) for column in known.values()])},\n'.encode()
    yield b'"readings": ['
    comma = "\n"
    style = JsonStyle()
    for piece in subject.pieces():
        for packed in piece:
            yield (
                comma + ",\n".join(_rows(packed, list(known), subject.own, form, style))
            ).encode()
            comma = ",\n"
    yield b"\n]}\n"


def _json(found: Any) -> str:
    return json.dumps(found, ensure_ascii=False)


def _meter(subject: Subject, sheet: Sheet | None, form: Format) -> dict[str, Any]:
    meter = subject.meter
    said = who(meter, sheet.said if sheet else None, form.language)
    return {
        "id": meter.id,
        "address": meter.address,
        "name": meter.name,
        "site": meter.site,
        "serial": said.serial,
        "manufacturer": said.manufacturer,
        "version": said.version,
        "medium": said.medium,
    }


def _value(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "unit": column.unit,
        "function": telegrams.function(column.record),
        "storage": telegrams.storage(column.record),
        "tariff": telegrams.tariff(column.record),
        **({"settings": column.own.facts()} if column.own else {}),
    }


def _rows(
    packed: Block, names: Sequence[Name], own: OwnValues, form: Format, style: JsonStyle
) -> Sequence[str]:
    times = [_time(moment) for moment in packed.moments]
    rows = [""] * len(times)
    plain, others = columns.parts(packed)
    for part in plain:
        cells = _cells(part, names, own, form, style)
        for place, row in zip(part.places, cells, strict=True):
            rows[place] = f'{{"at": "{times[place]}", "values": [{row}]}}'
    for place, blob in others:
        sheet = columns.decoded(blob, form.language, own)
        known = {(one.name, one.nth): columns.cell(one, style) for one in sheet.columns}
        row = ", ".join(known.get(name, _NOTHING) for name in names)
        rows[place] = f'{{"at": "{times[place]}", "values": [{row}]}}'
    return rows


def _cells(
    part: Part, names: Sequence[Name], own: OwnValues, form: Format, style: JsonStyle
) -> Sequence[str]:
    known = {(one.name, one.nth): one for one in columns.sheet(part, form.language, own).columns}
    found = [
        columns.cells([part], known[name], style)[0]
        if name in known
        else list(repeat(_NOTHING, part.count))
        for name in names
    ]
    return list(map(", ".join, zip(*found, strict=True))) if found else [""] * part.count


def _time(moment: int) -> str:
    return from_ms(moment).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
