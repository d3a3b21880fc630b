"""A board at its port, without a core between: for the command line while no core runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

from host.device.board import Board
from host.device.link import State, Status
from shared.errors import LinkLost, from_key

_CONNECT_S = 10.0
_HOPELESS = ("busy", "bad_setting", "link_lost", "protocol_mismatch")


@contextlib.asynccontextmanager
async def connected(port: str) -> AsyncGenerator[Board]:
    """Give the board at `port`, which nobody else uses.

    Raises the reason when the board does not answer within ten seconds.
    """
    changed = asyncio.Event()
    board = Board(port, on_status=lambda _status: changed.set())
    keeping = asyncio.create_task(board.link.run())
    try:
        await _connect(board, changed)
        yield board
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping


def neither(data: Path) -> LinkLost:
    """Return the error that no core runs on `data` and no port was given."""
    return LinkLost(
        f"no core is running on {data}; start it (python -m host run) or give the port"
        f" of the board (--port)"
    )


async def _connect(board: Board, changed: asyncio.Event) -> None:
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
