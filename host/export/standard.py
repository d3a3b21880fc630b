"""The Standard CSV (manual 11.2): one row a readout, two columns a value: `NAME`, `NAME_Einheit`.

One file a meter, because every meter has columns of its own. Equal headers are legal: the subunit
is not named. UTF-8 without a byte order mark: the first header must be `Date/Time(UTC)` and nothing
else for the programs that read these files; `Format.bom` adds one for those who open them in Excel.
Lines end with CR LF (RFC 4180). Numbers are exact, floats of a meter have 6 significant digits,
timestamps are whole Unix seconds. What somebody has set for a value (`host.settings.value`) stands
in place of what the meter says: name, unit, and the number with its factor.

A row's constant cells (identity, units) are joined once a layout; values come as columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from host.export import columns
from host.export.columns import Run, Sheet
from host.export.csv_text import LINE_END, CsvStyle
from host.export.form import Format
from host.export.subject import Subject, who
from host.settings.value import OwnValues
from host.store.block import Block, Part
from host.store.tables import DAY_MS, from_ms

FIXED_COLUMNS = (
    "Date/Time(UTC)",
    "PrimaryAddress",
    "Serial",
    "ManufacturerId",
    "Version",
    "Medium",
)
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"

Name = tuple[str, int]
"""A value's name, and which of the equal names of one readout it is, from 0."""


def encode(subject: Subject, form: Format) -> Iterator[bytes]:
    """Yield the file of a meter. Its readings are asked for twice: first for the header."""
    writer = _Writer(subject, form)
    yield writer.first_cells()  # at once: the rest of the header needs a look at every day
    names = names_of(subject, form.language)
    yield writer.other_names(names)
    for piece in subject.pieces():
        for run in columns.runs(piece):
            yield writer.rows(run, names)


def names_of(subject: Subject, language: str) -> Sequence[Name]:
    """Return the values of all readings, each where it first appears."""
    names: dict[Name, None] = {}
    for piece in subject.surveyed():
        for packed in piece:
            for sheet in sheets(packed, language, subject.own):
                names.update(dict.fromkeys((one.name, one.nth) for one in sheet.columns))
    return list(names)


def sheets(packed: Block, language: str, own: OwnValues) -> Sequence[Sheet]:
    """Return the sheets of a block in the order in which its readings have them."""
    plain, others = columns.parts(packed)
    found: list[tuple[int, Sheet]] = [
        (part.places[0], columns.sheet(part, language, own)) for part in plain
    ]
    found += [(place, columns.decoded(blob, language, own)) for place, blob in others]
    return [sheet for _, sheet in sorted(found, key=lambda one: one[0])]


class _Writer:
    def __init__(self, subject: Subject, form: Format) -> None:
        self._meter = subject.meter
        self._own = subject.own
        self._form = form
        self._style = CsvStyle(form.separator, form.mark)

    def first_cells(self) -> bytes:
        text = self._form.separator.join(map(self._style.quoted, FIXED_COLUMNS))
        return ((BOM if self._form.bom else "") + text).encode()

    def other_names(self, names: Sequence[Name]) -> bytes:
        cells = [cell for name, _ in names for cell in (name, f"{name}_Einheit")]
        text = "".join(self._form.separator + self._style.text(cell) for cell in cells)
        return (text + LINE_END).encode()

    def rows(self, run: Run, names: Sequence[Name]) -> bytes:
        """Return the rows of a run."""
        times = moments_text(run.moments)
        if run.packed is None:
            _, snippets = self._same(run.same, times, names)
            return "".join(snippets).encode()
        plain, others = columns.parts(run.packed)
        rows = [""] * len(times)
        for part in plain:
            some = [times[place] for place in part.places]
            width, snippets = self._same([part], some, names)
            for nth, place in enumerate(part.places):
                rows[place] = "".join(snippets[nth * width : (nth + 1) * width])
        for place, blob in others:
            rows[place] = self._row(blob, times[place], names)
        return "".join(rows).encode()

    def _same(
        self, same: Sequence[Part], times: Sequence[str], names: Sequence[Name]
    ) -> tuple[int, list[str]]:
        """Return (how many make a row, the snippets of all rows) of parts of one layout.

        Cells that stay are in the snippets between those that change.
        """
        sheet = columns.sheet(same[0], self._form.language, self._own)
        known = {(one.name, one.nth): one for one in sheet.columns}
        separator = self._form.separator
        changing = {0: times}
        row = [""]
        between = self._who(sheet)
        for name in names:
            column = known.get(name)
            if column is None:
                between += 2 * separator
                continue
            cells, units = columns.cells(same, column, self._style)
            units = [self._style.text(unit) for unit in units or [column.unit]]
            for found in (cells, units):
                between += separator
                if columns.stays(found):
                    between += found[0]
                else:
                    changing[len(row) + 1] = found
                    row += [between, ""]
                    between = ""
        row.append(between + LINE_END)
        snippets = row * len(times)
        for place, found in changing.items():
            snippets[place :: len(row)] = found
        return len(row), snippets

    def _row(self, blob: bytes, time: str, names: Sequence[Name]) -> str:
        sheet = columns.decoded(blob, self._form.language, self._own)
        known = {(one.name, one.nth): one for one in sheet.columns}
        cells = [time + self._who(sheet)]
        for name in names:
            column = known.get(name)
            unit = "" if column is None else self._style.text(column.unit)
            cells += ["" if column is None else columns.cell(column, self._style), unit]
        return self._form.separator.join(cells) + LINE_END

    def _who(self, sheet: Sheet) -> str:
        """Return the cells that say whose readout it is, the separator before each."""
        found = who(self._meter, sheet.said, self._form.language)
        text = self._style.text
        cells = (found.primary, found.serial, text(found.manufacturer), found.version)
        return "".join(
            self._form.separator + cell for cell in (*cells, self._style.quoted(found.medium))
        )


def moments_text(moments: Sequence[int]) -> Sequence[str]:
    """Return moments (ms since 1970) as dd.mm.yyyy hh:mm in UTC."""
    days = {day: _day_text(day) for day in {moment // DAY_MS for moment in moments}}
    minutes = _minutes()
    return [days[moment // DAY_MS] + minutes[moment % DAY_MS // 60_000] for moment in moments]


def _day_text(day: int) -> str:
    return from_ms(day * DAY_MS).strftime("%d.%m.%Y ")


@lru_cache(maxsize=1)
def _minutes() -> Sequence[str]:
    return [f"{minute // 60:02}:{minute % 60:02}" for minute in range(1440)]
