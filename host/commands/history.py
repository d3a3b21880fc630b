"""`history`: what a meter's value gained, or how it moved, by hours, days or months."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from host.readout import history as histories
from host.readout import own_values, telegram_table, telegrams
from host.readout.charts import Gained
from host.readout.history import History
from host.readout.periods import Period
from host.readout.telegrams import RecordLine
from host.settings.readout import ReadoutSettings
from host.settings.site import SiteSettings
from host.settings.value import PLAIN
from host.store import database, meters, settings
from host.store.meters import Meter
from shared.errors import BadAddress
from shared.mbus.addresses import parse_address

_BAR = 30
_FORMATS: dict[Period, str] = {"hour": "%Y-%m-%d %H:%M", "day": "%Y-%m-%d", "month": "%Y-%m"}
_SPANS: dict[Period, timedelta] = {
    "hour": timedelta(days=1),
    "day": timedelta(days=31),
    "month": timedelta(days=365),
}


def history(
    data: Path,
    address: str,
    *,
    value: int | None,
    period: Period,
    since: datetime | None,
    until: datetime | None,
    form: str,
) -> int:
    """Print a value's history as `form` ("table", "csv" or "json"); return the exit status.

    value: its number from 1 as `--values` lists them, None for the main one. since, until: None for
    the last day, month or year, by the length of `period`.
    """
    with database.reading(database.existing(data)) as session:
        meter = _meter(session, address)
        common = settings.load(session, ReadoutSettings)
        zone = ZoneInfo(settings.load(session, SiteSettings).zone or "UTC")
        until = until or meter.last_read_at or datetime.now(UTC)
        since = since or until - _SPANS[period]
        index = None if value is None else value - 1
        cycle_s = common.cycle_s if meter.cycle_s is None else meter.cycle_s
        found = histories.history(session, meter, index, period, since, until, zone, cycle_s)
    rows = [_row(found, one, period, zone) for one in found.periods]
    if form == "json":
        print(json.dumps({"meter": meter.address, "value": _title(found), "periods": rows}))
    elif form == "csv":
        _print_csv(found, rows)
    else:
        _print_table(meter, found, rows)
    return 0


def values(data: Path, address: str) -> int:
    """Print the values of a meter with their numbers; return the exit status."""
    with database.reading(database.existing(data)) as session:
        known = histories.records(session, _meter(session, address))
    for number, record in enumerate(map(own_values.told, known), 1):
        name = telegram_table.printable(str(record["name"]))
        print(f"{number:3}  {name:44} {record['value']} {_unit(record)}".rstrip())
    return 0


def _meter(session: Session, address: str) -> Meter:
    meter = meters.by_address(session, parse_address(address).text)
    if meter is None:
        raise BadAddress(f"{address}: not registered; python -m host state lists the meters")
    return meter


def _row(found: History, one: Any, period: Period, zone: ZoneInfo) -> dict[str, Any]:
    """Return a period as it is told: exact decimals as text, None for what there is not."""

    own = own_values.settings_of(found.record) or PLAIN

    def text(mantissa: int | None) -> str | None:
        return None if mantissa is None else own.scaled_text(mantissa, found.exponent)

    begin = datetime.fromtimestamp(one.begin_ms / 1000, zone)
    row: dict[str, Any] = {"from": begin.strftime(_FORMATS[period])}
    if isinstance(one, Gained):
        return row | {"gained": text(one.mantissa), "marks": list(one.marks)}
    mean = one.readings and (10 * one.total // one.readings, found.exponent - 1)
    return row | {
        "lowest": text(one.low),
        "mean": own.scaled_text(*mean) if mean else None,
        "highest": text(one.high),
        "readings": one.readings,
    }


def _title(found: History) -> str:
    record = own_values.told(found.record)
    unit = _unit(record)
    name = telegram_table.printable(str(record["name"]))
    return f"{name}, {unit}" if unit else name


def _unit(record: RecordLine) -> str:
    return telegram_table.printable(telegrams.symbol(record["unit"] or ""))


def _print_csv(found: History, rows: Sequence[dict[str, Any]]) -> None:
    writer = csv.writer(sys.stdout)
    if rows:
        writer.writerow([*rows[0], "unit"])
    for row in rows:
        marks = {"marks": " ".join(row["marks"])} if "marks" in row else {}
        cells = (row | marks).values()
        writer.writerow([*cells, _unit(own_values.told(found.record))])


def _print_table(meter: Meter, found: History, rows: Sequence[dict[str, Any]]) -> None:
    print(f"{telegram_table.printable(meter.name or meter.address)}: {_title(found)}")
    shown = ["gained"] if found.is_counter else ["lowest", "mean", "highest"]
    widths = [max([len(name), *(len(row[name] or "-") for row in rows)]) for name in shown]
    most = max((one.mantissa or 0 for one in found.periods if isinstance(one, Gained)), default=0)
    for row, one in zip(rows, found.periods, strict=True):
        cells = [f"{row[name] or '-':>{width}}" for name, width in zip(shown, widths, strict=True)]
        line = f"{row['from']:16}  {'  '.join(cells)}"
        if isinstance(one, Gained):
            bar = "█" * (_BAR * (one.mantissa or 0) // most) if most else ""
            line += f"  {bar:{_BAR}}  {', '.join(one.marks)}"
        print(line.rstrip())
