"""The one writer: a thread that owns the writing connection and runs one piece of work at a time.

Work is a function of a session. It runs in one transaction: when the returned future is done, the
transaction is committed and on the disk; when it raises, nothing of it is stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from host.store import database

T = TypeVar("T")


class Writer:
    """Runs work on the database at `path` (up to date, see `migrate`), in order of arrival."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine = database.open_writer(path)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")

    async def run(self, work: Callable[[Session], T]) -> T:
        """Return what `work(session)` returns, once it is committed.

        Raises what `work` raises, and `StoreFault` when the disk is full or the file fails.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    async def read(self, work: Callable[[Session], T]) -> T:
        """Return what `work(session)` returns from a session that only reads.

        It works while the disk is full. Raises `StoreFault` when the file fails.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._read, work)

    def _read(self, work: Callable[[Session], T]) -> T:
        with database.reading(self._path) as session:
            return work(session)

    def _run(self, work: Callable[[Session], T]) -> T:
        try:
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                return work(session)
        except DatabaseError as error:
            raise database.fault(self._path, error) from error

    async def close(self) -> None:
        """Finish the work that was handed in, fold the log into the file and close it."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown()
