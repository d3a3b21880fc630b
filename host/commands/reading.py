"""`read`: one meter now, through the core where one runs, else through the board's port itself."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, cast

from host import log
from host.commands import direct
from host.core import client
from host.device.facts import Entry
from host.readout import telegram_table
from host.settings.readout import check_baud
from shared.mbus import report
from shared.mbus.addresses import parse_address

READ = 0
FAILED = 1

_PATIENCE_MS = 600_000
"""A meter with many telegrams at 300 baud, behind others that are read before it."""
_report = cast(Any, report)


async def read(
    data: Path,
    address: str,
    *,
    port: str | None,
    baud: int | None,
    snd_nke: bool,
    application_reset: int | None,
    as_json: bool,
) -> int:
    """Read one meter now and print its telegrams; return the exit status.

    Standard output holds the telegrams alone; what else there is to say goes to standard error.
    """
    log.configure("read", quiet=True)
    text = parse_address(address).text
    if baud is not None:
        check_baud(baud)
    how: dict[str, Any] = {"baud": baud, "application_reset": application_reset}
    async with client.connect(data) as core:
        if core is not None:
            how["snd_nke"] = None if snd_nke else False
            answer = await core.call("meter.read", timeout_ms=_PATIENCE_MS, address=text, **how)
            entry = Entry.of(answer["entry"])
        elif port is not None:
            how["baud"] = baud or 2400
            async with direct.connected(port) as board:
                entry = await board.read_meter(text, snd_nke=snd_nke, **how)
        else:
            raise direct.neither(data)
    return _show(text, entry, as_json=as_json)


def _show(address: str, entry: Entry, *, as_json: bool) -> int:
    """Print the telegrams of a readout; return the exit status.

    A meter that was not read is one more object with `ok` false where JSON is wanted.
    """
    first = True
    for frame in entry.telegrams:
        told = _report.frame_as_dict(frame)
        if as_json:
            print(_report.to_json(told))
        else:
            print(("" if first else "\n") + telegram_table.table(told))
        first = False
    if entry.error is not None:
        if as_json:
            print(_report.to_json(_report.failure(str(entry.error))))
        print(f"mbuslink: meter {address} not read: {entry.error}", file=sys.stderr)
        return FAILED
    return READ
