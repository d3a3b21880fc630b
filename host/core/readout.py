"""Reads the meters when they are due, one after the other, through the board.

Every meter has a cycle: its own or the common one; `shared.schedule` says when it is due. A link
that is lost is no fault of the meters: the round waits for it and goes on with those not yet read.
The readings themselves come home through the board's journal (`journal`).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import structlog

from host.core.events import Events, ReadoutFinished, ReadoutStarted
from host.core.journal import Journal
from host.device.board import Board
from host.device.facts import Entry
from host.store import meters
from host.store.database import StoreFault
from host.store.meters import Meter
from host.store.writer import Writer
from shared import schedule
from shared.board_inputs import is_input
from shared.errors import DeadlineExceeded, LinkLost, MbuslinkError

_PAUSE_S = 1.0
"""Before a board is asked again that refused or did not answer."""

_FAULT_PAUSE_S = 10.0
"""Before a database is asked again that failed."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """A readout: when it began (ms since 1970), meters in it, asked, failed."""

    started_ms: int
    total: int
    done: int = 0
    failed: int = 0


class Readout:
    """The rounds of reading. cycle_s: the common cycle, 10 to 172800 s."""

    def __init__(
        self,
        board: Board,
        writer: Writer,
        journal: Journal,
        events: Events,
        cycle_s: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.cycle_s = cycle_s
        self.progress: Progress | None = None
        self.last: Progress | None = None
        self._board = board
        self._writer = writer
        self._journal = journal
        self._events = events
        self._clock = clock
        self._begun: dict[int, int] = {}
        self._wake = asyncio.Event()
        self._bus = asyncio.Lock()

    def now_due(self, meter_ids: Iterable[int] | None = None) -> None:
        """Make these meters due at once; None: all."""
        for meter_id in list(self._begun) if meter_ids is None else meter_ids:
            self._begun.pop(meter_id, None)
        self._wake.set()

    def next_due_s(self) -> int:
        """Return when the common cycle reads next, in seconds since 1970."""
        return schedule.next_due(int(self._clock()), self.cycle_s)

    async def read(
        self,
        address: str,
        meter: Meter | None,
        *,
        baud: int | None = None,
        snd_nke: bool | None = None,
        application_reset: int | None = None,
    ) -> Entry:
        """Read one meter now, between two meters of a readout.

        A registered `meter` is read with its own settings, unless told otherwise, and its reading
        is kept in the board's journal. Raises what `Board.read_meter` raises.
        """
        if meter is not None:
            baud = meter.baud if baud is None else baud
            snd_nke = meter.snd_nke if snd_nke is None else snd_nke
            if application_reset is None:
                application_reset = meter.application_reset
        async with self._bus:
            return await self._board.read_meter(
                address,
                baud=baud or 2400,
                snd_nke=snd_nke is not False,
                application_reset=application_reset,
                keep=meter is not None,
            )

    async def run(self) -> None:
        """Read what is due until cancelled."""
        while True:
            self._wake.clear()
            try:
                due = await self._due()
                if due:
                    await self._board.link.connected.wait()
                    await self._round(due)
                else:
                    await self._sleep()
            except StoreFault as error:
                _log.error("the meters cannot be looked up", fault=str(error))
                await asyncio.sleep(_FAULT_PAUSE_S)

    async def _due(self) -> list[Meter]:
        """Return the meters to be read now, in order of registration."""
        now = int(self._clock())
        return [
            meter
            for meter in await self._writer.read(meters.all)
            if not is_input(meter.address)  # the board logs its own inputs by itself
            and schedule.is_due(self._begun.get(meter.id), now, meter.cycle_s or self.cycle_s)
        ]

    async def _sleep(self) -> None:
        """Wait until somebody wakes us, or the second when another meter may be due."""
        now = self._clock()
        known: Sequence[Meter] = await self._writer.read(meters.all)
        cycles = {meter.cycle_s or self.cycle_s for meter in known} | {self.cycle_s}
        until = min(schedule.next_due(int(now), cycle) for cycle in cycles)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(until - now):
                await self._wake.wait()

    async def _round(self, due: list[Meter]) -> None:
        began = self._clock()
        progress = self.progress = Progress(int(began * 1000), len(due))
        self._events.emit(ReadoutStarted(len(due)))
        failures: set[int] = set()
        asked: list[tuple[Meter, Entry]] = []
        waiting = list(due)
        while waiting:
            meter = waiting.pop(0)
            self._begun[meter.id] = int(began)
            entry = await self._until_asked(meter)
            if entry is not None:
                asked.append((meter, entry))
            if entry is None or entry.error is not None:
                failures.add(meter.id)
            done = len(due) - len(waiting)
            progress = self.progress = replace(progress, done=done, failed=len(failures))
            self._journal.wake()
            if not waiting:
                waiting, asked = await self._died_with_the_board(asked), []
        self.last, self.progress = progress, None
        duration_ms = int((self._clock() - began) * 1000)
        failed = progress.failed
        _log.info("readout finished", meters=len(due), failed=failed, duration_ms=duration_ms)
        if duration_ms > self.cycle_s * 1000:
            _log.warning("the readout takes longer than its cycle", cycle_s=self.cycle_s)
        self._events.emit(ReadoutFinished(len(due), progress.done, failed, duration_ms))

    async def _until_asked(self, meter: Meter) -> Entry | None:
        """Return the entry of one meter, through as many losses of the link as there are.

        None when the board refuses to read it.
        """
        while True:
            await self._board.link.connected.wait()
            try:
                entry = await self.read(meter.address, meter)
            except (LinkLost, DeadlineExceeded) as error:
                _log.info("readout interrupted", meter=meter.address, error=str(error))
                await asyncio.sleep(_PAUSE_S)
            except MbuslinkError as error:
                _log.error("the board refused", meter=meter.address, error=str(error))
                await asyncio.sleep(_PAUSE_S)
                return None
            else:
                if entry.error is not None:
                    _log.info("meter not read", meter=meter.address, error=str(entry.error))
                return entry

    async def _died_with_the_board(self, asked: list[tuple[Meter, Entry]]) -> list[Meter]:
        """Bring the round's last readings home; return the meters to be read again.

        These are the ones whose reading was in the memory of a board that lost its power. What
        is still on a board that runs is `Journal.run`'s to fetch.
        """
        try:
            await self._journal.drain()
        except MbuslinkError as error:
            _log.info("readings are still on the board", error=str(error))
        board = self._board.link.status.board
        lost = [
            meter
            for meter, entry in asked
            if board is not None and entry.boot != board.boot and not self._journal.is_stored(entry)
        ]
        if lost:
            _log.warning("readings died with the board", meters=[meter.address for meter in lost])
        return lost
