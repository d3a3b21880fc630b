"""`state`: how the board and the meters are, from the core and the database."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from host.core import client
from host.device.async_conversation import AsyncConversation
from host.readout import telegram_table, telegrams
from host.readout.main_value import main_record
from host.readout.telegrams import RecordLine
from host.store import database, meters, readings
from host.store.meters import Meter
from host.store.readings import Reading
from shared.errors import MbuslinkError

_HEADINGS = (
    *("address", "state", "manufacturer", "serial", "medium", "value", "last readout (UTC)", ""),
)


async def state(data: Path, *, as_json: bool) -> int:
    """Print how the host and its meters are; return the exit status."""
    async with client.connect(data) as core:
        told: dict[str, Any] | None = await core.call("state") if core is not None else None
        wired = await _inputs(core) if core is not None else None
    known, values = _meters(data)
    if as_json:
        print(
            json.dumps(
                {
                    "core": told,
                    "inputs": wired,
                    "meters": [_meter_as_dict(meter) for meter in known],
                }
            )
        )
        return 0
    if told is None:
        print(f"core          not running on {data}")
    else:
        detail = f" ({told['link_detail']})" if told["link_detail"] else ""
        print(f"board         {told['link']} at {told['port']}{detail}")
        print(f"cycle         {told['cycle_s']} s")
        running = told["readout"]
        if running:
            print(f"readout       {running['done']} of {running['total']} meters")
        too_short = told["schedule"] and told["schedule"]["too_short"]
        if too_short:
            print(f"warning       the bus cannot meet its cycle: {too_short}")
        if told["journal_lost"]:
            print(f"warning       {_lost(told)}")
        if told["fault"]:
            print(f"fault         {told['fault']}")
    for line in _input_lines(wired) if wired else ():
        print(line)
    print(f"meters        {len(known)}")
    for line in _table(known, values):
        print(line)
    return 0


async def _inputs(core: AsyncConversation) -> dict[str, Any] | None:
    """Return what the board has beside the meters, None while it is not connected."""
    try:
        return (await core.call("board.inputs"))["inputs"]
    except MbuslinkError:
        return None


def _input_lines(wired: dict[str, Any]) -> list[str]:
    """Return bus supply, S0 inputs, temperatures, relays and alarms as lines."""
    lines = [
        f"{'bus ' + str(row['segment']):13} {row['state']}: "
        f"{row['voltage_mv'] / 1000:.1f} V, {row['current_ua'] / 1000:.1f} mA"
        for row in wired["supplies"]
    ]
    lines += [
        f"{'S0-' + str(row['input']):13} {row['milli'] // 1000}.{row['milli'] % 1000:03} "
        f"{row['unit']} ({row['pulses']} pulses){'' if row['active'] else ', not logged'}"
        for row in wired["s0"]
    ]
    for row in wired["temperatures"]:
        value = row["milli_celsius"]
        said = row["state"] if value is None else f"{value / 1000:.1f} °C"
        note = ", out of range" if row["state"] == "range" else ""
        logged = "" if row["active"] else ", not logged"
        lines.append(f"{'T-' + str(row['sensor']):13} {said}{note}{logged}")
    if wired["relays"]:
        states = ["energised" if energised else "released" for energised in wired["relays"]]
        lines.append(f"relays        {', '.join(states)}")
    for row in wired["alarms"]:
        lines.append(
            f"alarm         {row['key']} {row['address'] or 'segment ' + str(row['segment'])}"
        )
    return lines


def _lost(told: dict[str, Any]) -> str:
    """Return how many readings the board had to drop, and when the host learned of the last."""
    at = datetime.fromtimestamp(told["journal_lost_ms"] / 1000, UTC)
    count = told["journal_lost"]
    return (
        f"{count} readings lost for want of room on the board, known since {at:%Y-%m-%d %H:%M} UTC"
    )


def _note(meter: Meter) -> str:
    """Return what is wrong with a meter, or that another is in its place."""
    if meter.error_detail or not meter.changed_from:
        return meter.error_detail or ""
    return f"another meter than {meter.changed_from} (change --confirm)"


def _meters(data: Path) -> tuple[Sequence[Meter], dict[int, str]]:
    """Return the meters, and of each that was read its main value as text."""
    with database.reading(database.existing(data)) as session:
        known = meters.all(session)
        latest = {meter.id: readings.latest(session, meter.id) for meter in known}
    return known, {
        meter.id: _value(meter, reading) for meter in known if (reading := latest[meter.id])
    }


def _value(meter: Meter, reading: Reading) -> str:
    """Return the main value of `reading` in its base unit, a float with six digits."""
    lines: list[RecordLine] = []
    for frame in reading.frames:
        with contextlib.suppress(MbuslinkError):
            lines += telegrams.explain(telegrams.decode(frame))
    record = main_record(meter.medium, lines)
    if record is None:
        return ""
    number = f"{float(record['value']):.6g}" if record["is_float"] else record["value"]
    return f"{number} {telegrams.symbol(record['unit'] or '')}".rstrip()


def _meter_as_dict(meter: Meter) -> dict[str, Any]:
    return {
        "id": meter.id,
        "address": meter.address,
        "name": meter.name,
        "manufacturer": meter.manufacturer,
        "serial": meter.serial,
        "version": meter.version,
        "medium": telegrams.medium_text(meter.medium),
        "state": meter.state,
        "last_read_at": meter.last_read_at and meter.last_read_at.isoformat(),
        "error": meter.error_key and f"{meter.error_key}: {meter.error_detail}",
    }


def _table(known: Sequence[Meter], values: dict[int, str]) -> list[str]:
    """Return the meters as lines: address, state, what it is, its main value, when it was read."""
    rows: list[tuple[str, ...]] = [_HEADINGS]
    for meter in known:
        read_at = meter.last_read_at
        rows.append(
            (
                meter.address,
                meter.state,
                meter.manufacturer or "",
                meter.serial or "",
                telegrams.medium_text(meter.medium) or "",
                values.get(meter.id, ""),
                f"{read_at:%Y-%m-%d %H:%M:%S}" if read_at else "",
                telegram_table.printable(_note(meter)),
            )
        )
    if not known:
        return []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    aligned = [*(str.ljust for _ in widths)]
    aligned[_HEADINGS.index("value")] = str.rjust
    return [
        "  ".join(put(cell, w) for put, cell, w in zip(aligned, row, widths, strict=True)).rstrip()
        for row in rows
    ]
