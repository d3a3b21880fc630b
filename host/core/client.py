"""A caller at the core's door, for the command line (the web process keeps a line of its own)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

from host.core.services import SERVICES, socket_path
from host.device.async_conversation import AsyncConversation


@contextlib.asynccontextmanager
async def connect(data: Path) -> AsyncGenerator[AsyncConversation | None]:
    """Give the line to the core of the data folder, None when no core listens there."""
    try:
        reader, writer = await asyncio.open_unix_connection(str(socket_path(data)))
    except OSError:
        yield None
        return
    line = AsyncConversation(SERVICES, reader, writer)
    running = asyncio.create_task(line.run())
    try:
        yield line
    finally:
        line.close("done")
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
