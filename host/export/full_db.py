"""The FULL-DB CSV (manual 11.3): one row a value, 40 columns, 38 of which a series has in common.

Rows of a value stand together, in order of time, as in the manual's example; a meter's values come
one after the other for 32 days, then for the next. `Val1` is in the unit of `UnitStr`, so nothing
is left to scale: ScalePower and ScaleMantissa are 0. What the logger does not know is as in the
manual's example: empty where there is text, 0 where there is a number, -1 (not configured) for
Active. Everything is as the meter says it; what somebody has set (`host.settings.value`) stands
beside it in the columns Cfg...: `Val1` divided by `CfgFactor`, where that is not 0, is what the
Standard CSV has. `EncodeType` is the data field of the DIF (EN 13757-3:2018 Table 4: 4 INT32, 5
REAL32, 12 BCD8, 13 VARIABLEDATA), `ValueType` its function field (0 instantaneous, 1 maximum, 2
minimum, 3 error), `ValueDesc.Id` a number that a value of a meter keeps.

What a series has in common is joined once: the rows are numbers and times between two strings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from zlib import crc32

from host.export import columns
from host.export.columns import Column, Sheet
from host.export.csv_text import LINE_END, CsvStyle
from host.export.form import Format
from host.export.media import number_of
from host.export.standard import BOM
from host.export.subject import Subject, Who, who
from host.readout import telegrams
from host.settings.value import ValueSettings
from host.store.block import Block, Part
from host.store.meters import Meter
from host.store.tables import to_ms
from shared.mbus.addresses import parse_address

COLUMNS = (
    *("Device.Id", "AddressMode", "PrimaryAddress", "ManufacturerId", "Serial", "Version"),
    *("Medium", "Device.Active", "ReadoutCycle", "BaudRate", "BACNetDevInstNumber", "Name"),
    *("Site", "CostUnit", "CommentStr", "LoggerLastReadoutOk", "LoggerReadoutState"),
    *("LoggerReadoutCycle", "MediumGroup", "Battery", "Position", "DescriptionStr", "UnitStr"),
    *("ScalePower", "ScaleMantissa", "EncodeType", "ValueType", "StorageNum", "Tariff"),
    *("ValueDesc.Active", "LoggerLastValue", "CfgDescription", "CfgUnit", "CfgPhase"),
    *("CfgFactor", "CfgStorageNum", "CfgTariff", "TimeStamp", "Val1", "ValueDesc.Id"),
)

NOT_CONFIGURED = -1
FIRST_BACNET_INSTANCE = 0x3FFF00
"""The manual's meter 29 has 4194077."""
LAST_BACNET_INSTANCE = 0x3FFFFE

_STATES = {"unread": 0, "ok": 1, "alarm": 1, "error": 2}

Key = tuple[bytes, int]
"""DIB and VIB of a value, and which of those with the same it is."""


def encode(subject: Subject, form: Format) -> Iterator[bytes]:
    """Yield the file of a meter."""
    writer = _Writer(subject, form)
    yield writer.header()
    for piece in subject.pieces():
        yield from writer.rows(piece)


_Piece = tuple[Sequence[int], Sequence[str], Sequence[str]]
"""Moments, times (each between a line end and a separator), cells."""


@dataclass
class _Series:
    """The rows of one series, without what they have in common.

    position: of its value in the readout; pieces: each in order of time.
    """

    position: int
    pieces: list[_Piece] = field(default_factory=list[_Piece])

    @property
    def first(self) -> int:
        """The moment of its first row."""
        return min(moments[0] for moments, _, _ in self.pieces)

    def joined(self, before: str, after: str) -> Iterator[bytes]:
        """Yield the rows in order of time, each between `before` and `after`, in few pieces."""
        _, times, cells = self.pieces[0] if len(self.pieces) == 1 else _in_order(self.pieces)
        if columns.stays(cells):
            text, after = "".join(times), cells[0] + after
        else:
            pairs = [""] * (2 * len(cells))
            pairs[::2], pairs[1::2] = times, cells
            text = "".join(pairs)
        plain, between = text[1:].encode(), (after + before).encode()
        rows = plain.replace(b"\n", between)
        if len(rows) == len(plain) + (len(cells) - 1) * (len(between) - 1):
            yield before.encode()
            yield rows
            yield after.encode()
            return
        for time, cell in zip(times, cells, strict=True):  # a text has line ends in it
            yield f"{before}{time[1:]}{cell}{after}".encode()


def _in_order(pieces: Sequence[_Piece]) -> _Piece:
    """Return all rows of pieces in order of time: layouts may take turns."""
    moments, times, cells = (list(chain.from_iterable(part)) for part in zip(*pieces, strict=True))
    places = sorted(range(len(moments)), key=moments.__getitem__)
    times, cells = ([part[place] for place in places] for part in (times, cells))
    return moments, times, cells


_Found = dict[tuple[str, str], _Series]
"""What stands before and after each of its rows -> a series."""


def _add(found: _Found, ends: tuple[str, str], column: Column, piece: _Piece) -> None:
    found.setdefault(ends, _Series(column.index)).pieces.append(piece)


class _Writer:
    def __init__(self, subject: Subject, form: Format) -> None:
        self._meter = subject.meter
        self._own = subject.own
        self._form = form
        self._style = CsvStyle(form.separator, form.mark)
        self._around: dict[tuple[bytes, int, str], tuple[str, str]] = {}
        self._last = self._last_values(subject)

    def _last_values(self, subject: Subject) -> dict[Key, str]:
        latest = subject.latest()
        if latest is None:
            return {}
        sheet = columns.decoded(b"".join(latest.frames), self._form.language)
        return {
            key: self._style.cell(column.record)
            for key, column in zip(keys(sheet), sheet.columns, strict=True)
        }

    def header(self) -> bytes:
        text = self._form.separator.join(map(self._style.quoted, COLUMNS)) + LINE_END
        return ((BOM if self._form.bom else "") + text).encode()

    def rows(self, piece: Sequence[Block]) -> Iterator[bytes]:
        """Yield the rows of some days, one series after the other."""
        found: _Found = {}
        for run in columns.runs(piece):
            separator = self._form.separator
            times = [f"\n{moment // 1000}{separator}" for moment in run.moments]
            if run.packed is None:
                self._add_same(found, run.same, run.moments, times)
                continue
            plain, others = columns.parts(run.packed)
            for part in plain:
                some = [run.moments[place] for place in part.places]
                self._add_same(found, [part], some, [times[place] for place in part.places])
            for place, blob in others:
                self._add_reading(found, blob, run.moments[place], times[place])
        in_order = sorted(found.items(), key=lambda one: (one[1].first, one[1].position))
        for (before, after), series in in_order:
            yield from series.joined(before, after)

    def _add_same(
        self, found: _Found, same: Sequence[Part], moments: Sequence[int], times: Sequence[str]
    ) -> None:
        part = same[0]
        for place, column in enumerate(columns.sheet(part, self._form.language).columns):
            cells, units = columns.cells(same, column, self._style)
            if units is None:
                ends = self._ends(part, place, column.unit)
                _add(found, ends, column, (moments, times, cells))
                continue
            for moment, time, cell, unit in zip(moments, times, cells, units, strict=True):
                ends = self._ends(part, place, unit)
                _add(found, ends, column, ([moment], [time], [cell]))

    def _add_reading(self, found: _Found, blob: bytes, moment: int, time: str) -> None:
        for column, ends in self._all_ends(columns.decoded(blob, self._form.language)):
            _add(found, ends, column, ([moment], [time], [self._style.cell(column.record)]))

    def _ends(self, part: Part, place: int, unit: str) -> tuple[str, str]:
        """Return what stands before and after the rows of the column at `place` of a part."""
        known = self._around.get((part.layout.blank, place, unit))
        if known is None:
            sheet = columns.sheet(part, self._form.language)
            self._around |= {
                (part.layout.blank, at, one.unit): ends
                for at, (one, ends) in enumerate(self._all_ends(sheet))
            }
            if (part.layout.blank, place, unit) not in self._around:
                another = replace(sheet.columns[place], unit=unit)
                ends = self._ends_of(self._device(sheet), keys(sheet)[place], another)
                self._around[part.layout.blank, place, unit] = ends
            known = self._around[part.layout.blank, place, unit]
        return known

    def _all_ends(self, sheet: Sheet) -> Iterator[tuple[Column, tuple[str, str]]]:
        """Yield each column of a sheet with what stands before and after its rows."""
        device = self._device(sheet)
        for key, column in zip(keys(sheet), sheet.columns, strict=True):
            yield column, self._ends_of(device, key, column)

    def _device(self, sheet: Sheet) -> str:
        said = who(self._meter, sheet.said, self._form.language)
        return self._form.separator.join(_device(self._meter, said, self._style.text))

    def _ends_of(self, device: str, key: Key, column: Column) -> tuple[str, str]:
        separator = self._form.separator
        own = self._own.get(column.key)
        cells = _value(column, self._last.get(key, ""), self._style.text)
        cells += _NO_SETTINGS if own is None else _settings(own, self._style)
        after = separator + str(value_id(self._meter, key)) + LINE_END
        return separator.join((device, *cells, "")), after


def keys(sheet: Sheet) -> Sequence[Key]:
    """Return the key of each value of a sheet."""
    seen: dict[bytes, int] = {}
    found: list[Key] = []
    for column in sheet.columns:
        head = telegrams.head(column.record)
        found.append((head, seen.get(head, 0)))
        seen[head] = found[-1][1] + 1
    return found


def value_id(meter: Meter, key: Key) -> int:
    """Return the number of a value of a meter: the same as long as the meter says it."""
    head, nth = key
    return meter.id << 32 | crc32(head + nth.to_bytes(2, "little"))


def bacnet_instance(meter: Meter) -> int | None:
    """Return the instance number of the meter's BACnet device; None: there is none left."""
    instance = FIRST_BACNET_INSTANCE + meter.id
    return instance if instance <= LAST_BACNET_INSTANCE else None


def _device(meter: Meter, said: Who, text: Callable[[str], str]) -> list[str]:
    """Return the cells Device.Id to Battery."""
    instance = bacnet_instance(meter)
    read_at = meter.last_read_at
    return [
        str(meter.id),
        str(int(parse_address(meter.address).secondary is not None)),
        said.primary,
        text(said.manufacturer),
        said.serial,
        said.version,
        text(said.medium),
        str(NOT_CONFIGURED),
        str(meter.cycle_s or 0),
        str(meter.baud),
        "" if instance is None else str(instance),
        text(meter.name),
        text(meter.site),
        text(meter.cost_centre),
        text(meter.comment),
        "0" if read_at is None else str(to_ms(read_at) // 1000),
        str(_STATES[meter.state]),
        "0",
        str(number_of(said.medium_code)),
        str(int(meter.per_day is not None)),
    ]


def _value(column: Column, last: str, text: Callable[[str], str]) -> list[str]:
    """Return the cells Position to LoggerLastValue; that of the last is `last`."""
    record = column.record
    return [
        str(column.index),
        text(column.name),
        text(column.unit),
        "0",
        "0",
        str(telegrams.head(record)[0] & 15),
        str(telegrams.FUNCTIONS[telegrams.function(record)]),
        str(telegrams.storage(record)),
        str(telegrams.tariff(record)),
        str(NOT_CONFIGURED),
        last,
    ]


_NO_SETTINGS = ["", "0", "0", "0", "0", "0"]
"""CfgUnit is 0 in the manual's example, too."""


def _settings(own: ValueSettings, style: CsvStyle) -> list[str]:
    """Return the cells CfgDescription to CfgTariff."""
    numbers = (own.phase, own.divisor, own.month, own.tariff)
    phase, factor, month, tariff = ("0" if one is None else str(one) for one in numbers)
    factor = style.decimals([factor])[0]
    unit = style.text(own.unit) if own.unit else "0"
    return [style.text(own.designation), unit, phase, factor, month, tariff]
