"""Packs the days that are over (`host.store.compaction`), a few meters at a time.

Between two pieces the writer is free for readings that come in. A database that refuses costs
nothing but time: what is not packed today is packed with tomorrow's.
"""

from __future__ import annotations

import asyncio

import structlog

from host.core.journal import Clock, utc_now
from host.store import compaction
from host.store.database import StoreFault
from host.store.writer import Writer
from shared.errors import MbuslinkError

LOOK_S = 900.0
"""Pause between two looks whether a day is over: it is packed in its first quarter of an hour."""

METERS_AT_ONCE = 8
"""Their packing keeps the writer for some 20 ms."""

_log = structlog.get_logger(__name__)


class Nightly:
    """Keeps the database of `writer` packed."""

    def __init__(self, writer: Writer, clock: Clock = utc_now) -> None:
        self._writer = writer
        self._clock = clock

    async def run(self) -> None:
        """Pack whenever a day is over, until cancelled."""
        while True:
            try:
                await self.pack()
            except StoreFault as error:
                _log.warning("days not packed", error=str(error))
            except MbuslinkError:
                _log.exception("days not packed")
            await asyncio.sleep(LOOK_S)

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
            await self._writer.run(lambda s, some=some: compaction.pack(s, day, some))
        await self._writer.run(lambda s: compaction.forget(s, day))
