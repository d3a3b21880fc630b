"""`restart`: the board restarts, after it has brought everything into flash."""

from __future__ import annotations

from pathlib import Path

from host import log
from host.commands import direct
from host.core import client


async def restart(data: Path, *, port: str | None) -> int:
    """Restart the board, through the core when one runs, else at `port`; return 0."""
    log.configure("restart", quiet=True)
    async with client.connect(data) as core:
        if core is not None:
            await core.call("board.restart")
        elif port is not None:
            async with direct.connected(port) as board:
                await board.restart()
        else:
            raise direct.neither(data)
    print("the board has kept everything and restarts")
    return 0
