"""`read`: one meter now, through the core where one runs, else through the board's port itself."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Any, cast

from host import log
from host.core import client
from host.device.board import Board
from host.device.facts import Entry
from host.device.link import State, Status
from host.readout import telegram_table
from host.settings.readout import check_baud
from shared.errors import LinkLost, from_key
from shared.mbus import report
from shared.mbus.addresses import parse_address

READ = 0
FAILED = 1

_PATIENCE_MS = 600_000
"""A meter with many telegrams at 300 baud, behind others that are read before it."""
_CONNECT_S = 10.0
_HOPELESS = ("busy", "bad_setting", "link_lost", "protocol_mismatch")
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
            entry = await _read_directly(port, text, snd_nke=snd_nke, **how)
        else:
            raise LinkLost(
                f"no core is running on {data}; start it (python -m host run) or give the port"
                f" of the board (--port)"
            )
    return _show(text, entry, as_json=as_json)


async def _read_directly(port: str, address: str, **how: Any) -> Entry:
    """Read through the board at `port`, which nobody else uses.

    Raises the reason when the board does not answer within ten seconds.
    """
    changed = asyncio.Event()
    board = Board(port, on_status=lambda _status: changed.set())
    keeping = asyncio.create_task(board.link.run())
    try:
        await _connected(board, changed)
        return await board.read_meter(address, **how)
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping


async def _connected(board: Board, changed: asyncio.Event) -> None:
    """Wait until the board answers; a port in use or wrong is not waited for."""
    status: Status = board.link.status
    try:
        async with asyncio.timeout(_CONNECT_S):
            while status.state is not State.CONNECTED:
                await changed.wait()
                changed.clear()
                status = board.link.status
                if status.error_key in _HOPELESS:
                    raise from_key(status.error_key, status.reason)
    except TimeoutError:
        raise LinkLost(status.reason) from None


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
