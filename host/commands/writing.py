"""Writing into the database where no core runs: a command is the writer for a moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session

from host import assemble
from host.lock import FolderLock
from host.store import migrate, place
from host.store.writer import Writer

T = TypeVar("T")


async def write(data: Path, work: Callable[[Session], T]) -> T:
    """Return what `work(session)` returns: we are the writer for a moment."""
    assemble.prepare(data)
    lock = FolderLock(data, "core")
    lock.take()
    try:
        migrate.upgrade(place.of(data))
        writer = Writer(place.of(data))
        try:
            return await writer.free(work)
        finally:
            await writer.close()
    finally:
        lock.release()
