"""Writing into the database where no core runs: a command is the writer for a moment."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session

from host import assemble
from host.lock import FolderLock
from host.store import migrate, place
from host.store.writer import Writer

T = TypeVar("T")


@contextlib.asynccontextmanager
async def as_writer(data: Path) -> AsyncGenerator[Writer]:
    """Give the data folder's writer, all brought up first. Raises `Busy` and `StoreFault`."""
    assemble.prepare(data)
    lock = FolderLock(data, "core")
    lock.take()
    try:
        migrate.upgrade(place.of(data))
        writer = Writer(place.of(data))
        try:
            yield writer
        finally:
            await writer.close()
    finally:
        lock.release()


async def write(data: Path, work: Callable[[Session], T]) -> T:
    """Return what `work(session)` returns; on a full disk it may use the room of the ballast."""
    async with as_writer(data) as writer:
        return await writer.free(work)
