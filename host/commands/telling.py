"""`state`: how the board and the meters are, from the core and the database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from host.core import client
from host.readout import telegram_table, telegrams
from host.store import database, meters
from host.store.meters import Meter

_HEADINGS = ("address", "state", "manufacturer", "serial", "medium", "last readout (UTC)", "")


async def state(data: Path, *, as_json: bool) -> int:
    """Print how the host and its meters are; return the exit status."""
    async with client.connect(data) as core:
        told: dict[str, Any] | None = await core.call("state") if core is not None else None
    known = _meters(data)
    if as_json:
        print(json.dumps({"core": told, "meters": [_meter_as_dict(meter) for meter in known]}))
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
        if told["fault"]:
            print(f"fault         {told['fault']}")
    print(f"meters        {len(known)}")
    for line in _table(known):
        print(line)
    return 0


def _meters(data: Path) -> Sequence[Meter]:
    with database.open_reader(database.existing(data))() as session:
        return meters.all(session)


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


def _table(known: Sequence[Meter]) -> list[str]:
    """Return the meters as lines: address, state, what it is, when it was read."""
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
                f"{read_at:%Y-%m-%d %H:%M:%S}" if read_at else "",
                telegram_table.printable(meter.error_detail or ""),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    return [
        "  ".join((*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[6])).rstrip()
        for row in rows
        if known
    ]
