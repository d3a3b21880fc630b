"""The CSV files of an export as plainly as can be: each telegram decoded, each row by csv.writer.

Slow and obviously right; what `host.export` writes must be the same to the byte.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from host.export.form import Format
from host.export.media import number_of
from host.export.subject import who
from host.readout import telegrams
from host.readout.telegrams import Record, Telegram
from host.store.meters import Meter
from host.store.readings import Reading
from host.store.tables import to_ms
from host.texts.catalogue import gettext
from shared.errors import MbuslinkError

FIXED_COLUMNS = ["Date/Time(UTC)", "PrimaryAddress", "Serial", "ManufacturerId", "Version"]
FIXED_COLUMNS += ["Medium"]
FULL_DB_COLUMNS = """\
Device.Id AddressMode PrimaryAddress ManufacturerId Serial Version Medium Device.Active ReadoutCycle
BaudRate BACNetDevInstNumber Name Site CostUnit CommentStr LoggerLastReadoutOk LoggerReadoutState
LoggerReadoutCycle MediumGroup Battery Position DescriptionStr UnitStr ScalePower ScaleMantissa
EncodeType ValueType StorageNum Tariff ValueDesc.Active LoggerLastValue CfgDescription CfgUnit
CfgPhase CfgFactor CfgStorageNum CfgTariff TimeStamp Val1 ValueDesc.Id
""".split()  # noqa: SIM905 - as it stands in manual 11.3
FORMULA = ("=", "+", "-", "@", "\t", "\r")

Readings = Callable[[], Iterable[Reading]]


def standard(meter: Meter, readings: Readings, form: Format) -> bytes:
    """Return the Standard CSV (manual 11.2)."""
    columns: dict[tuple[str, int], None] = {}
    for reading in readings():
        columns.update(dict.fromkeys(name for name, _ in values(reading, form)))
    header = list(FIXED_COLUMNS)
    for name, _ in columns:
        header += [safe(name), safe(f"{name}_Einheit")]
    rows = [header]
    for reading in readings():
        known = dict(values(reading, form))
        row = [reading.at.strftime("%d.%m.%Y %H:%M"), *identity(meter, reading, form)]
        for column in columns:
            record = known.get(column)
            if record is None:
                row += ["", ""]
            else:
                row += [value(record, form), safe(telegrams.csv_unit(record))]
        rows.append(row)
    return written(rows, form)


def full_db(
    meter: Meter, readings: Readings, form: Format, last: Reading | None, days: int = 32
) -> bytes:
    """Return the FULL-DB CSV (manual 11.3): `days` at a time, one value after the other."""
    latest = {key: value(record, form) for key, _, record in keyed(last)} if last else {}
    rows: list[list[str]] = [FULL_DB_COLUMNS]
    pieces: dict[int, list[Reading]] = {}
    begin = None
    for reading in readings():
        begin = begin or to_ms(reading.at) // 86_400_000
        pieces.setdefault((to_ms(reading.at) // 86_400_000 - begin) // days, []).append(reading)
    for piece in pieces.values():
        series: dict[Any, list[list[str]]] = {}
        for reading in piece:
            for key, position, record in keyed(reading):
                row = full_row(meter, reading, form, record, position)
                row[30] = latest.get(key, "")
                row[37] = str(int(reading.at.timestamp()))
                row[38] = value(record, form)
                row[39] = str(meter.id << 32 | crc32(key[0] + key[1].to_bytes(2, "little")))
                series.setdefault(tuple(row[:37] + row[39:]), []).append(row)
        for same in series.values():
            rows += same
    return written(rows, form)


def full_row(
    meter: Meter, reading: Reading, form: Format, record: Record, position: int
) -> list[str]:
    primary, serial, manufacturer, version, medium = identity(meter, reading, form)
    state = {"unread": "0", "ok": "1", "alarm": "1", "error": "2"}[meter.state]
    said = next((one for one in decoded(reading) if one.id is not None), None)
    row = [str(meter.id), "01"[len(meter.address) > 3], primary, manufacturer, serial, version]
    row += [medium, "-1", str(meter.cycle_s or 0), str(meter.baud), str(0x3FFF00 + meter.id)]
    row += [safe(meter.name), safe(meter.site), "", ""]
    row += [str(int(meter.last_read_at.timestamp())) if meter.last_read_at else "0", state, "0"]
    row += [str(number_of(said.medium if said else meter.medium)), str(int(bool(meter.per_day)))]
    function = ["instantaneous", "maximum", "minimum", "error"].index(telegrams.function(record))
    head = telegrams.head(record)
    row += [
        str(position),
        safe(name_of(record, form)),
        safe(telegrams.csv_unit(record)),
        "0",
        "0",
        str(head[0] & 15),
    ]
    row += [str(function), str(telegrams.storage(record)), str(telegrams.tariff(record)), "-1"]
    return [*row, "", "", "0", "0", "0", "0", "0", "", "", ""]


def keyed(reading: Reading) -> Iterator[tuple[tuple[bytes, int], int, Record]]:
    """Yield (key, position, record) of the values of a readout."""
    seen: dict[bytes, int] = {}
    position = -1
    for telegram in decoded(reading):
        for record in telegram.records:
            position += 1
            if has_data(record):
                head = telegrams.head(record)
                yield (head, seen.setdefault(head, 0)), position, record
                seen[head] += 1


def written(rows: Iterable[Sequence[str]], form: Format) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=form.separator, lineterminator="\r\n").writerows(rows)
    return (("\ufeff" if form.bom else "") + file.getvalue()).encode()


def decoded(reading: Reading) -> list[Telegram]:
    """Return the telegrams of a reading; one that cannot be decoded leaves its cells empty."""
    found: list[Telegram] = []
    for frame in reading.frames:
        try:
            found.append(telegrams.decode(frame))
        except MbuslinkError:
            continue
    return found


def identity(meter: Meter, reading: Reading, form: Format) -> list[str]:
    said = next((one for one in decoded(reading) if one.id is not None), None)
    found = who(meter, said, form.language)
    return [
        found.primary,
        found.serial,
        safe(found.manufacturer),
        found.version,
        safe(found.medium),
    ]


def values(reading: Reading, form: Format) -> Iterator[tuple[tuple[str, int], Record]]:
    """Yield the values of one readout, its telegrams joined; records without data are none."""
    seen: dict[str, int] = {}
    for telegram in decoded(reading):
        for record in telegram.records:
            if has_data(record):
                name = name_of(record, form)
                yield (name, seen.setdefault(name, 0)), record
                seen[name] += 1


def name_of(record: Record, form: Format) -> str:
    name = telegrams.name(record)
    if form.language != "en":
        name = telegrams.name_in(record, lambda word: gettext(form.language, word))
    return name or "Unreadable"


def has_data(record: Record) -> bool:
    text = telegrams.value_text(record)
    return bool(text) or (text == "" and telegrams.quantity(record) != "Manufacturer specific")


def value(record: Record, form: Format) -> str:
    text = telegrams.csv_value(record)
    if telegrams.scaled(record) is not None:
        return text.replace(".", form.mark)
    if telegrams.csv_unit(record) == "UTC":
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return safe(text)
        return str(int(moment.replace(tzinfo=UTC).timestamp()))
    return safe(text)


def safe(text: str) -> str:
    return "'" + text if text.startswith(FORMULA) else text
