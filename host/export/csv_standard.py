"""The Standard CSV (manual 11.2): one row a readout, two columns a value: `NAME`, `NAME_Einheit`.

One file a meter, because every meter has columns of its own. Equal headers are legal: the subunit
is not named. UTF-8 without a byte order mark: the first header must be `Date/Time(UTC)` and nothing
else for the programs that read these files; `bom=True` adds one for those who open them in Excel.
Lines end with CR LF (RFC 4180). Numbers are exact, floats of a meter have 6 significant digits,
timestamps are whole Unix seconds. What a meter sends as text is hostile: a cell that a spreadsheet
would take for a formula is prefixed with an apostrophe, a number never is.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from host.readout import telegrams
from host.readout.telegrams import Record, Telegram
from host.store.meters import Meter
from host.store.readings import Reading
from host.texts.catalogue import DEFAULT_LANGUAGE, LANGUAGES, gettext
from shared.errors import BadSetting, MbuslinkError

FIXED_COLUMNS = (
    "Date/Time(UTC)",
    "PrimaryAddress",
    "Serial",
    "ManufacturerId",
    "Version",
    "Medium",
)
SEPARATORS = (";", ",", "\t")
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_UNNAMED = "Unreadable"
_MEDIUM_PARTS = re.compile(r"(.+): (.)(.*)")

Column = tuple[str, int]
"""A value's name, and which of the equal names of one readout it is, from 0."""


@dataclass(frozen=True, slots=True)
class Format:
    """How the file is written. separator: one of `SEPARATORS`. language: of the values' names.

    Raises `BadSetting` for another separator or language.
    """

    separator: str = ";"
    language: str = DEFAULT_LANGUAGE
    bom: bool = False

    def __post_init__(self) -> None:
        if self.separator not in SEPARATORS:
            raise BadSetting(f"separator {self.separator!r}: choose ; or , or a tab")
        if self.language not in LANGUAGES:
            raise BadSetting(f"language {self.language!r}: choose one of {', '.join(LANGUAGES)}")


def lines(
    meter: Meter, readings: Callable[[], Iterable[Reading]], form: Format | None = None
) -> Iterator[str]:
    """Yield the file of one meter line by line, the header first.

    readings() gives the readings, the oldest first; it is called twice, since a later readout may
    bring columns that the first has not.
    """
    form = form or Format()
    columns: dict[Column, None] = {}
    for reading in readings():
        columns.update(dict.fromkeys(column for column, _ in _values(_telegrams(reading), form)))
    header = list(FIXED_COLUMNS)
    for name, _ in columns:
        header += [_safe(name), _safe(f"{name}_Einheit")]
    write = _Line(form.separator)
    yield (_BOM if form.bom else "") + write(header)
    for reading in readings():
        yield write(_row(meter, reading, list(columns), form))


def file_name(meter: Meter, moment: datetime) -> str:
    """Return ID-secondary address-YYYYMMDDhhmmss.csv (manual 6.10.1); `moment` is shown in UTC."""
    who = meter.serial or meter.address
    return f"{meter.id}-{who}-{moment.astimezone(UTC):%Y%m%d%H%M%S}.csv"


class _Line:
    """Turns cells into one line of CSV."""

    def __init__(self, separator: str) -> None:
        self._writer = csv.writer(self, delimiter=separator, lineterminator="\r\n")
        self._text = ""

    def write(self, text: str) -> None:
        self._text = text

    def __call__(self, cells: Sequence[str]) -> str:
        self._writer.writerow(cells)
        return self._text


def _telegrams(reading: Reading) -> list[Telegram]:
    """Return the telegrams of a reading; one that cannot be decoded leaves its cells empty."""
    found: list[Telegram] = []
    for frame in reading.frames:
        try:
            found.append(telegrams.decode(frame))
        except MbuslinkError:
            continue
    return found


def _row(meter: Meter, reading: Reading, columns: Sequence[Column], form: Format) -> list[str]:
    found = _telegrams(reading)
    known = dict(_values(found, form))
    row = [reading.at.strftime("%d.%m.%Y %H:%M"), *_who(meter, found, form)]
    for column in columns:
        record = known.get(column)
        row += ["", ""] if record is None else [_value(record), _safe(telegrams.csv_unit(record))]
    return row


def _who(meter: Meter, found: Sequence[Telegram], form: Format) -> list[str]:
    """Return the cells that say whose readout it is: by its telegram, else by the meter's row."""
    said = next((telegram for telegram in found if telegram.id is not None), None)
    serial = (said.id if said else meter.serial) or ""
    version = said.version if said else meter.version
    return [
        "" if meter.primary is None else str(meter.primary),
        str(int(serial)) if serial.isdecimal() else serial,
        _safe((said.manufacturer if said else meter.manufacturer) or ""),
        "" if version is None else str(version),
        _medium(said.medium if said else meter.medium, form.language),
    ]


def _medium(code: int | None, language: str) -> str:
    """Return the medium as the manual writes it: "Heat (outlet)" for our "Heat: Outlet"."""
    text = telegrams.medium_text(code) or ""
    if language != DEFAULT_LANGUAGE:
        return gettext(language, text)
    parts = _MEDIUM_PARTS.fullmatch(text)
    return f"{parts[1]} ({parts[2].lower()}{parts[3]})" if parts else text


def _values(found: Sequence[Telegram], form: Format) -> Iterator[tuple[Column, Record]]:
    """Yield the values of one readout, its telegrams joined; records without data are none."""
    seen: dict[str, int] = {}
    for telegram in found:
        for record in telegram.records:
            if not _has_data(record):
                continue
            name = _name(record, form.language) or _UNNAMED
            nth = seen.get(name, 0)
            seen[name] = nth + 1
            yield (name, nth), record


def _has_data(record: Record) -> bool:
    """Tell whether there is a value: not after DIF 00h, nor after a DIF 0Fh or 1Fh at the end."""
    text = telegrams.value_text(record)
    return bool(text) or (text == "" and telegrams.quantity(record) != "Manufacturer specific")


def _name(record: Record, language: str) -> str:
    if language == DEFAULT_LANGUAGE:
        return telegrams.name(record)
    return telegrams.name_in(record, lambda word: gettext(language, word))


def _value(record: Record) -> str:
    text = telegrams.csv_value(record)
    if telegrams.scaled(record) is not None:
        return text
    if telegrams.csv_unit(record) == "UTC":
        return _unix_seconds(text)
    return _safe(text)


def _unix_seconds(text: str) -> str:
    """Return a date and time as Unix seconds; what is no moment (a day of every year) as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _safe(text)
    return str(int(moment.replace(tzinfo=UTC).timestamp()))


def _safe(text: str) -> str:
    return "'" + text if text.startswith(_FORMULA) else text
