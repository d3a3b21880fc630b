"""The one writer: a thread that owns the writing connection and runs one piece of work at a time.

Work is a function of a session. It runs in one transaction: when the returned future is done, the
transaction is committed and on the disk; when it raises, nothing of it is stored. On a full disk it
is called a second time, once SQLite's log is folded into the file, and what frees room (`free`) a
third time, with the room of the ballast.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from host.store import database
from host.store.ballast import Ballast
from host.store.database import Damaged, DiskFull
from host.store.place import Place

T = TypeVar("T")


class Writer:
    """Runs work on the database at `place` (up to date, see `migrate`), in order of arrival."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._engine = database.open_writer(place)
        self._ballast = Ballast(place.parent) if isinstance(place, Path) else None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")

    async def run(self, work: Callable[[Session], T]) -> T:
        """Return what `work(session)` returns, once it is committed.

        Raises what `work` raises, `DiskFull` when there is no room, and `StoreFault` when the file
        fails.
        """
        return await self._in_thread(self._run, work)

    async def free(self, work: Callable[[Session], T]) -> T:
        """Do as `run` with work that makes room: on a full disk it may use that of the ballast."""
        return await self._in_thread(self._free, work)

    async def read(self, work: Callable[[Session], T]) -> T:
        """Return what `work(session)` returns from a session that only reads.

        It works while the disk is full. Raises `StoreFault` when the file fails.
        """
        return await self._in_thread(self._read, work)

    async def make_ballast(self) -> bool:
        """Have the ballast, as far as there is room; tell whether it is whole."""
        return await self._in_thread(lambda _: self._ballast is None or self._ballast.make(), None)

    async def _in_thread(self, do: Callable[[Any], T], argument: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, do, argument)

    def _read(self, work: Callable[[Session], T]) -> T:
        with database.reading(self._place) as session:
            return work(session)

    def _run(self, work: Callable[[Session], T]) -> T:
        try:
            return self._once(work)
        except DiskFull:
            if self._ballast is None:
                raise
            self._fold()
            return self._once(work)

    def _free(self, work: Callable[[Session], T]) -> T:
        try:
            return self._run(work)
        except DiskFull:
            if self._ballast is None:
                raise
            self._ballast.release()
            try:
                return self._run(work)
            finally:
                self._fold()
                self._ballast.make()

    def _once(self, work: Callable[[Session], T]) -> T:
        try:
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                return work(session)
        except DatabaseError as error:
            fault = database.fault(self._place, error)
            if isinstance(fault, Damaged) and isinstance(self._place, Path):
                database.suspect(self._place)
            raise fault from error

    def _fold(self) -> None:
        """Fold SQLite's log into the file as far as readers let it at once; give its room back."""
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            with contextlib.suppress(sqlite3.Error):  # what is wrong the next work will tell
                cursor.execute("PRAGMA busy_timeout=0")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            cursor.execute(f"PRAGMA busy_timeout={database.BUSY_TIMEOUT_MS}")
        finally:
            connection.close()

    async def close(self) -> None:
        """Finish the work that was handed in, fold the log into the file and close it."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown()
