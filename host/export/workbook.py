"""XLSX, for people who open spreadsheets: a sheet of readings as a table, and one about the meter.

Moments are Excel's dates (UTC), numbers are numbers; one with more digits than Excel keeps (15) is
text, so that none is changed. Texts stay texts, whatever they begin with. The library writes row by
row; a workbook is a ZIP whose parts refer to each other, so it is whole before its first byte goes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import xlsxwriter  # pyright: ignore[reportMissingTypeStubs]

from host.export import columns
from host.export.columns import Sheet
from host.export.csv_text import decimals
from host.export.form import Format
from host.export.standard import Name, sheets
from host.export.subject import Subject, who
from host.readout import telegrams
from host.readout.telegrams import Record
from host.settings.value import OwnValues
from host.store.block import Block
from host.store.tables import from_ms
from host.texts.catalogue import N_, gettext

Cell = int | float | str | datetime | None

ROWS_MAX = 1_048_576
"""Of a sheet, its header included; more go on in the next."""

_EXACT = 10**15
_FIRST = datetime(1900, 3, 1)  # noqa: DTZ001 - Excel's dates have no zone, and are wrong before
_PIECE = 1 << 18
_WIDTH_MOMENT, _WIDTH_LEAST, _WIDTH_MOST = 17, 12, 30
_HEAD_HEIGHT = 48
"""Points: three lines. The library knows no height of wrapped text."""
_MOMENT_FORMAT = "yyyy-mm-dd hh:mm"

_UNITS = {"None": "", "Degree C": "°C"}
"""What the manual's CSV writes otherwise than people do."""

_PEOPLE = {
    "Name": N_("Name"),
    "Site": N_("Site"),
    "Address": N_("Address"),
    "Serial number": N_("Serial number"),
    "Manufacturer": N_("Manufacturer"),
    "Version": N_("Version"),
    "Medium": N_("Medium"),
}


class ExcelStyle:
    """Cells as Excel keeps them."""

    def numbers(self, mantissas: Sequence[int], exponent: int) -> Sequence[Cell]:
        if max(mantissas) >= _EXACT or min(mantissas) <= -_EXACT:
            return decimals(mantissas, exponent)
        divisor = 10**-exponent
        return mantissas if divisor == 1 else [number / divisor for number in mantissas]

    def decimals(self, texts: Sequence[str]) -> Sequence[Cell]:
        return [float(text) for text in texts]

    def moments(self, seconds: Sequence[int]) -> Sequence[Cell]:
        return [_moment(datetime.fromtimestamp(one, UTC).replace(tzinfo=None)) for one in seconds]

    def cell(self, record: Record) -> Cell:
        text = telegrams.csv_value(record)
        if telegrams.scaled(record) is not None:
            digits = text.replace(".", "").lstrip("-0")
            return float(text) if len(digits) <= 15 else text
        if telegrams.csv_unit(record) == "UTC":
            try:
                return _moment(datetime.fromisoformat(text))
            except ValueError:
                return text
        return text


def _moment(moment: datetime) -> Cell:
    return moment if moment >= _FIRST else str(moment)


def encode(subject: Subject, form: Format) -> Iterator[bytes]:
    """Yield the file of a meter. Its readings are asked for twice: first for the header."""
    with tempfile.TemporaryDirectory(prefix="mbuslink-") as folder:
        path = Path(folder) / "export.xlsx"
        _write(path, subject, form)
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece


def _write(path: Path, subject: Subject, form: Format) -> None:
    names: dict[Name, str] = {}
    first: Sheet | None = None
    for piece in subject.surveyed():
        for packed in piece:
            for sheet in sheets(packed, form.language, subject.own):
                first = first or sheet
                for one in sheet.columns:
                    names.setdefault((one.name, one.nth), one.unit)
    options = {
        "constant_memory": True,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    book: Any = cast(Any, xlsxwriter).Workbook(str(path), options)
    try:
        writer = _Writer(book, names, subject.own, form)
        for piece in subject.pieces():
            for packed in piece:
                writer.rows(packed)
        writer.end()
        _about(book, subject, first, form)
    finally:
        book.close()


class _Writer:
    def __init__(self, book: Any, names: dict[Name, str], own: OwnValues, form: Format) -> None:
        self._book = book
        self._own = own
        self._names = names
        self._language = form.language
        self._style = ExcelStyle()
        self._moment = book.add_format({"num_format": _MOMENT_FORMAT, "align": "left"})
        self._head = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#E8EEF4"}
        )
        self._sheets = 0
        self._begin()

    def _begin(self) -> None:
        """Begin a sheet with its header."""
        self._sheets += 1
        title = gettext(self._language, N_("Readings"))
        self._sheet = self._book.add_worksheet(
            title if self._sheets == 1 else f"{title} {self._sheets}"
        )
        self._sheet.freeze_panes(1, 1)
        self._sheet.set_row(0, _HEAD_HEIGHT)
        self._sheet.set_landscape()
        self._sheet.repeat_rows(0)
        self._sheet.repeat_columns(0)
        texts = [gettext(self._language, N_("Date and time (UTC)"))]
        texts += [f"{name}\n{_unit(unit)}".rstrip() for (name, _), unit in self._names.items()]
        for column, text in enumerate(texts):
            longest = max(map(len, text.split("\n")))
            width = min(max(longest + 2, _WIDTH_LEAST), _WIDTH_MOST)
            self._sheet.set_column(column, column, width if column else _WIDTH_MOMENT)
            self._sheet.write_string(0, column, text, self._head)
        self._row = 1

    def end(self) -> None:
        """Finish the sheet."""
        self._sheet.autofilter(0, 0, self._row - 1, len(self._names))

    def rows(self, packed: Block) -> None:
        """Write the readings of a block."""
        plain, others = columns.parts(packed)
        rows: list[Sequence[Cell]] = [()] * len(packed.moments)
        for part in plain:
            sheet = columns.sheet(part, self._language, self._own)
            known = {(one.name, one.nth): one for one in sheet.columns}
            cells: list[Sequence[Cell]] = [
                columns.cells([part], known[name], self._style)[0]
                if name in known
                else [None] * part.count
                for name in self._names
            ]
            found = list(zip(*cells, strict=True)) or [()] * part.count
            for place, row in zip(part.places, found, strict=True):
                rows[place] = row
        for place, blob in others:
            sheet = columns.decoded(blob, self._language, self._own)
            said = {(one.name, one.nth): columns.cell(one, self._style) for one in sheet.columns}
            rows[place] = [said.get(name) for name in self._names]
        for moment, row in zip(packed.moments, rows, strict=True):
            self._write(from_ms(moment).replace(tzinfo=None), row)

    def _write(self, moment: datetime, row: Sequence[Cell]) -> None:
        if self._row == ROWS_MAX:
            self.end()
            self._begin()
        at, sheet = self._row, self._sheet
        minute = timedelta(seconds=moment.second, microseconds=moment.microsecond)
        sheet.write_datetime(at, 0, moment - minute, self._moment)
        for column, cell in enumerate(row, 1):
            if isinstance(cell, int | float):
                sheet.write_number(at, column, cell)
            elif isinstance(cell, str):
                sheet.write_string(at, column, cell)
            elif cell is not None:
                sheet.write_datetime(at, column, cell, self._moment)
        self._row += 1


def _unit(unit: str) -> str:
    return _UNITS.get(unit, unit)


def _about(book: Any, subject: Subject, first: Sheet | None, form: Format) -> None:
    """Write the sheet that says whose readings these are."""
    meter = subject.meter
    said = who(meter, first.said if first else None, form.language)
    rows = {
        "Name": meter.name,
        "Site": meter.site,
        "Address": meter.address,
        "Serial number": said.serial,
        "Manufacturer": said.manufacturer,
        "Version": said.version,
        "Medium": said.medium,
    }
    sheet = book.add_worksheet(gettext(form.language, N_("Meter")))
    bold = book.add_format({"bold": True})
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, 40)
    for row, (name, text) in enumerate(rows.items()):
        sheet.write_string(row, 0, gettext(form.language, _PEOPLE[name]), bold)
        sheet.write_string(row, 1, text)
