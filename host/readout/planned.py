"""The planned list: the meters that somebody expects on the bus, out of a CSV file.

A row names a meter by its address or its serial number; name, site and cost centre are its to take
when it is added. The file is taken whole or not at all: each fault is told with its line. It
refuses guesses: another encoding than UTF-8, a column too few, a number that Excel has rounded.
"""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session

from host.readout.commissioning import HIGHEST_PRIMARY, Found, is_meter
from host.store import settings
from shared.errors import BadAddress, BadSetting
from shared.mbus.addresses import Address, parse_address

MOST = 250
LONGEST = 200
MOST_FAULTS = 20
"""So many are told at once."""
SEPARATORS = (";", ",", "\t")

_STORED = "PlannedMeters"

# What a header may be called, in the three languages, without case, accents and punctuation.
_HEADERS = {
    "address": (
        "address", "mbusaddress", "primaryaddress", "secondaryaddress",
        "adresse", "mbusadresse", "primaradresse", "sekundaradresse",
        "adressembus", "adresseprimaire", "adressesecondaire",
    ),
    "serial": (
        "serial", "serialnumber", "serialno", "meternumber",
        "seriennummer", "seriennr", "zahlernummer", "zahlernr",
        "numerodeserie", "nodeserie", "ndeserie", "numerodecompteur",
    ),
    "name": ("name", "designation", "bezeichnung", "nom"),
    "site": ("site", "place", "location", "standort", "ort", "lieu", "emplacement"),
    "cost_centre": ("costcentre", "costcenter", "costunit", "kostenstelle", "centredecouts"),
}  # fmt: skip
_TEXTS = ("name", "site", "cost_centre")
_SERIAL_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Planned:
    """An expected meter. address: primary, or secondary with 16 digits, F in what is not known."""

    address: str
    name: str = ""
    site: str = ""
    cost_centre: str = ""

    @property
    def shown(self) -> str:
        """The address as people write it: the primary one, else the serial number, or all."""
        return self.address.removesuffix("FFFFFFFF")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a line. key: of `host.texts.words.PLAN_FAULTS`; what: the text in question.

    line: counted from 1, 0 for the file as a whole.
    """

    line: int
    key: str
    what: str = ""


class Faulty(BadSetting):
    """A file that is no planned list. faults: why, in the order of its lines."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"line {one.line}: {one.key} {one.what}" for one in faults))
        self.faults = faults


def read_csv(data: bytes) -> Sequence[Planned]:
    """Return the meters of a CSV file: UTF-8, a line of headers, separator ; , or tab.

    Raises `Faulty` with at most `MOST_FAULTS` of what is wrong.
    """
    lines = list(_lines(_decoded(data)))
    if not lines:
        raise Faulty([Fault(0, "empty")])
    number, header = lines[0]
    columns = [_column(title) for title in header]
    known = [name for name in columns if name]
    if not {"address", "serial"} & set(known):
        raise Faulty([Fault(number, "no_header")])
    for name in known:
        if known.count(name) > 1:
            raise Faulty([Fault(number, "header_twice", header[columns.index(name)])])
    found: list[Planned] = []
    at: dict[str, int] = {}
    faults: list[Fault] = []
    for number, cells in lines[1:]:
        one = _row(number, columns, cells, header)
        if isinstance(one, Planned) and one.address in at:
            one = Fault(number, "twice", f"{one.shown} ({at[one.address]})")
        if isinstance(one, Fault):
            faults.append(one)
        else:
            at[one.address] = number
            found.append(one)
    if len(found) > MOST:
        faults.append(Fault(lines[MOST + 1][0], "too_many", str(MOST)))
    if not found and not faults:
        faults.append(Fault(0, "empty"))
    if faults:
        raise Faulty(faults[:MOST_FAULTS])
    return found


def kept(rows: Any) -> Sequence[Planned]:
    """Return the meters of rows as `as_rows` made them. Raises `BadSetting` for what is none."""
    if not isinstance(rows, list) or len(cast(list[Any], rows)) > MOST:
        raise BadSetting(f"a planned list has at most {MOST} meters")
    found: list[Planned] = []
    for row in cast(list[Any], rows):
        if not isinstance(row, dict) or set(cast(Any, row)) != set(Planned.__dataclass_fields__):
            raise BadSetting("a planned meter has an address, a name, a site and a cost centre")
        texts = {name: _checked(text) for name, text in cast(dict[str, Any], row).items()}
        found.append(Planned(**texts | {"address": _registrable(texts["address"]).text}))
    if len({one.address for one in found}) < len(found):
        raise BadSetting("a planned list has each meter once")
    return found


def as_rows(planned: Sequence[Planned]) -> list[dict[str, str]]:
    """Return the list as JSON has it."""
    return [asdict(one) for one in planned]


def load(session: Session) -> Sequence[Planned]:
    """Return the list that our logger keeps, empty when there is none."""
    return kept(json.loads(settings.text(session, _STORED) or "[]"))


def save(session: Session, planned: Sequence[Planned]) -> None:
    """Keep the list in place of the one before."""
    settings.keep_text(session, _STORED, json.dumps(as_rows(planned), ensure_ascii=False))


F = TypeVar("F", bound=Found)


def match(planned: Sequence[Planned], found: Sequence[F]) -> dict[str, F]:
    """Return who of `found` is which planned meter, by the planned address.

    Each is one meter at most: of two with one number the first is the one that was meant.
    """
    left = list(found)
    pairs: dict[str, F] = {}
    for one in planned:
        for it in left:
            if fits(one, it):
                pairs[one.address] = it
                left.remove(it)
                break
    return pairs


def fits(planned: Planned, found: Found) -> bool:
    """Tell whether a found meter may be the planned one."""
    if len(planned.address) <= 3:
        return planned.address == str(found.primary)
    return is_meter(planned.address, found.secondary)


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Faulty([Fault(line, "not_utf8")]) from None
    if "\0" in text:
        raise Faulty([Fault(text[: text.index("\0")].count("\n") + 1, "not_utf8")])
    return text


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, each with the number of its first line."""
    first = text.partition("\n")[0]
    separator = max(SEPARATORS, key=lambda one: sum(map(bool, map(_column, first.split(one)))))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    before = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield before + 1, [cell.strip() for cell in cells]
            before = reader.line_num
    except csv.Error:
        raise Faulty([Fault(before + 1, "quotes")]) from None


def _column(title: str) -> str | None:
    """Return which column has this title, None for one that is left out."""
    plain = unicodedata.normalize("NFKD", title).casefold()
    word = "".join(letter for letter in plain if letter.isascii() and letter.isalnum())
    return next((name for name, words in _HEADERS.items() if word in words), None)


def _row(
    number: int, columns: Sequence[str | None], cells: Sequence[str], header: Sequence[str]
) -> Planned | Fault:
    if len(cells) != len(header):
        return Fault(number, "columns", f"{len(cells)} / {len(header)}")
    row = {name: cell for name, cell in zip(columns, cells, strict=True) if name}
    for cell in row.values():
        if not cell.isprintable():
            return Fault(number, "signs", cell)
        if len(cell) > LONGEST:
            return Fault(number, "long", cell)
    serial, address = row.get("serial", ""), row.get("address", "")
    if not serial and not address:
        return Fault(number, "no_address")
    if serial and not (serial.isascii() and serial.isdigit() and len(serial) <= _SERIAL_DIGITS):
        return Fault(number, "bad_serial", serial)
    try:
        wanted = _registrable(serial.zfill(_SERIAL_DIGITS) if serial else address)
    except BadAddress:
        return Fault(number, "bad_address", address)
    return Planned(wanted.text, **{name: row.get(name, "") for name in _TEXTS})


def _registrable(text: str) -> Address:
    """Return the address of one meter. Raises `BadAddress` for what is none, and for 0."""
    address = parse_address(text)
    if address.primary is not None and not 1 <= address.primary <= HIGHEST_PRIMARY:
        raise BadAddress(f"{text}: primary addresses go from 1 to {HIGHEST_PRIMARY}")
    return address


def _checked(text: Any) -> str:
    if not isinstance(text, str) or len(text) > LONGEST or not text.isprintable():
        raise BadSetting(f"a text of a planned list is one line of {LONGEST} letters at most")
    return text
