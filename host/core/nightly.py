"""What is to be done once a day: forget old days, pack those that are over, make a backup.

Between two pieces the writer is free for readings that come in. A database that refuses costs
nothing but time: what is not done today is done with tomorrow's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from host.core.journal import Clock, utc_now
from host.core.registration import KEPT_DELETED
from host.store import audit, backup, bi, compaction, database, meters, place, readings, retention
from host.store.database import Damaged
from host.store.place import Server
from host.store.writer import Writer
from shared.errors import MbuslinkError

LOOK_S = 900.0
"""Pause between two looks whether a day is over: its work is done in the next quarter hour."""

METERS_AT_ONCE = 8
"""Their packing keeps the writer for some 20 ms."""

_log = structlog.get_logger(__name__)


class Nightly:
    """Looks after the database of `writer` in the data folder `data`.

    fault: what it could not do last, as text; None when all went well.
    """

    def __init__(self, writer: Writer, data: Path, clock: Clock = utc_now) -> None:
        self.fault: str | None = None
        self._writer = writer
        self._data = data
        self._clock = clock

    async def run(self) -> None:
        """Look whenever a day may be over, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Do what is due. What fails is told once and keeps nothing else from being done."""
        jobs: Sequence[Callable[[], Awaitable[object]]] = (
            self.forget_deleted,
            self.forget_changes,
            self.purge,
            self.pack,
            self.back_up,
            self._writer.make_ballast,
        )
        faults: list[str] = []
        for job in jobs:
            try:
                await job()
            except MbuslinkError as error:
                faults.append(str(error))
        fault = faults[0] if faults else None
        if fault and fault != self.fault:
            _log.error("nightly work failed", fault=fault)
        self.fault = fault

    async def forget_deleted(self) -> int:
        """Forget the meters that were deleted long enough ago; return how many."""
        before = self._clock() - KEPT_DELETED
        if not await self._writer.read(lambda s: meters.are_deleted(s, before)):
            return 0
        return await self._writer.free(lambda s: meters.purge_deleted(s, before))

    async def forget_changes(self) -> int:
        """Forget entries of the audit that are kept no longer; return how many."""
        return await self._writer.free(lambda s: audit.purge(s, self._clock()))

    async def purge(self) -> int:
        """Delete the days that are kept no longer, one by one; return how many.

        Raises `StoreFault`.
        """
        count = 0
        while True:
            day = await self._writer.read(lambda s: retention.day_due(s, self._clock()))
            if day is None:
                break
            await self._writer.free(lambda s, day=day: readings.delete_before(s, day + 1))
            count += 1
        if count:
            _log.info("days deleted", days=count)
        return count

    async def pack(self) -> int:
        """Pack all days that are over; return how many. Raises `StoreFault`."""
        days = await self._writer.read(lambda s: compaction.days_due(s, self._clock()))
        for day in days:
            await self._pack_day(day)
        if days:
            _log.info("days packed", days=len(days))
        return len(days)

    async def _pack_day(self, day: int) -> None:
        meters = await self._writer.read(lambda s: compaction.meters_of(s, day))
        for at in range(0, len(meters), METERS_AT_ONCE):
            some = meters[at : at + METERS_AT_ONCE]
            await self._writer.free(lambda s, some=some: compaction.pack(s, day, some))
        await self._writer.free(lambda s: _forget(s, day))

    async def back_up(self) -> Path | None:
        """Make the day's backup unless it is there; return it. Raises `StoreFault`.

        A database that turns out to be damaged is restored at the next start. That of a server is
        backed up there.
        """
        if isinstance(place.of(self._data), Server):
            return None
        now = self._clock()
        kept = await asyncio.to_thread(backup.kept, self._data)
        if kept and backup.made_at(kept[0]).date() == now.date():
            return None
        try:
            made = await asyncio.to_thread(backup.keep, self._data, now)
        except Damaged as error:
            database.suspect(database.database_path(self._data))
            raise Damaged(f"{error}; {database.RESTART}") from error
        _log.info("backup made", file=made.name, bytes=made.stat().st_size)
        return made


def _forget(session: Session, day: int) -> None:
    """Delete the rows that are packed; what is derived of blocks looks at the day once more."""
    bi.reopen(session, day)
    compaction.forget(session, day)
