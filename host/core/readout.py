"""Gives the board its schedule and follows how the board reads by it.

The board reads on its own, with or without us; the readings come home through its journal. Whenever
the link comes up, a meter changes or the board says that it has another schedule, the revisions are
compared and the schedule is handed over anew. A board that was restarted reads every meter at once
(a battery when its budget allows), so what died with its memory is read again without our doing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from host.core import schedule
from host.core.events import Events, ReadoutFinished, ReadoutStarted
from host.core.journal import Journal
from host.device.board import Board
from host.device.facts import Entry, LoggerState, Round, TooShort
from host.settings.readout import ReadoutSettings
from host.store import meters
from host.store.database import StoreFault
from host.store.meters import Meter
from host.store.writer import Writer
from shared import schedule as rule
from shared.errors import MbuslinkError

_PAUSE_S = 1.0
"""Before a board is asked again that refused or did not answer."""

_FAULT_PAUSE_S = 10.0
"""Before a database is asked again that failed."""

_MOST_ADDRESSES = 64
"""Of one readout.start."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """A readout: when it began (ms since 1970), meters in it, asked, failed."""

    started_ms: int
    total: int
    done: int = 0
    failed: int = 0


class Readout:
    """The giver of the schedule.

    settings: the common cycle and the reading dates; zone: the site's; changed by `changed`.
    progress, last: the readout under way and the one before. logger: what the board said last of
    its readouts.
    """

    def __init__(
        self,
        board: Board,
        writer: Writer,
        journal: Journal,
        events: Events,
        settings: ReadoutSettings,
        zone: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.zone = zone
        self.progress: Progress | None = None
        self.last: Progress | None = None
        self.logger: LoggerState | None = None
        self._board = board
        self._writer = writer
        self._journal = journal
        self._events = events
        self._clock = clock
        self._dirty = asyncio.Event()
        self._giving = asyncio.Lock()
        self._refused: str | None = None
        self._revision: str | None = None
        self._started = 0
        self._finished = 0
        self._over: asyncio.Queue[Round] = asyncio.Queue()

    def changed(self, settings: ReadoutSettings | None = None, zone: str | None = None) -> None:
        """A meter or the common settings are others: hand over soon. A new link calls this too."""
        if settings is not None:
            self.settings = settings
        if zone is not None:
            self.zone = zone
        self._dirty.set()

    def next_due_s(self) -> int | None:
        """Return when the common cycle reads next (s since 1970), None when it never pauses."""
        cycle_s = self.settings.cycle_s
        return rule.next_due(int(self._clock()), cycle_s) if cycle_s else None

    def too_short(self) -> TooShort | None:
        """Return why the bus cannot meet the schedule, as the board has found; None when it can."""
        return self.logger and self.logger.too_short

    def is_given(self) -> bool:
        """Tell whether the board has the schedule of our meters."""
        held = self.logger.revision if self.logger else None
        return held is not None and held == self._revision and not self._dirty.is_set()

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
        return await self._board.read_meter(
            address,
            segment=meter.segment if meter else 1,
            baud=baud or 2400,
            snd_nke=snd_nke is not False,
            application_reset=application_reset,
            settle_ms=meter.settle_ms if meter else 0,
            retries=meter.retries if meter else 2,
            keep=meter is not None,
        )

    async def start(self, addresses: Sequence[str] | None) -> tuple[int, int]:
        """Have these registered meters read now, None: all.

        Return how many will be, and of how many the battery's readings of the day are spent.
        Raises LinkLost and its kin when the board does not answer.
        """
        await self.give()
        if addresses is None:
            return await self._board.start_readout(None)
        due = spent = 0
        for first in range(0, len(addresses), _MOST_ADDRESSES):
            some = await self._board.start_readout(addresses[first : first + _MOST_ADDRESSES])
            due, spent = due + some[0], spent + some[1]
        return due, spent

    async def run(self) -> None:
        """Keep the board's schedule ours until cancelled."""
        following = asyncio.create_task(self._tell_of_ends())
        try:
            while True:
                await self._dirty.wait()
                await self._board.link.connected.wait()
                try:
                    await self.give()
                except StoreFault as error:
                    _log.error("the meters cannot be looked up", fault=str(error))
                    await asyncio.sleep(_FAULT_PAUSE_S)
                except MbuslinkError as error:
                    self._note_refusal(str(error))
                    await asyncio.sleep(_PAUSE_S)
        finally:
            following.cancel()

    async def give(self) -> None:
        """Compare revisions and hand the schedule over if the board has another.

        Raises StoreFault, LinkLost and its kin, and what the board refuses it with; then it is
        tried again later.
        """
        async with self._giving:
            self._dirty.clear()
            try:
                wanted = await self._writer.read(self._build)
                self._revision = wanted.revision
                state = await self._board.logger()
                if state.revision != wanted.revision:
                    for piece in wanted.pieces():
                        state = await self._board.give_schedule(piece)
                    _log.info("schedule handed over", meters=len(wanted.meters))
                self._refused = None
            except BaseException:
                self._dirty.set()
                raise
            self.heard(state)

    def _build(self, session: Session) -> schedule.Schedule:
        return schedule.build(meters.all(session), self.settings, self.zone, int(self._clock()))

    def _note_refusal(self, reason: str) -> None:
        """Say once why the schedule is not there."""
        if reason != self._refused:
            _log.warning("schedule not handed over", error=reason)
        self._refused = reason

    def heard(self, state: LoggerState) -> None:
        """The board has told how its readouts go: tell it on as events."""
        before, self.logger = self.logger, state
        if before is None or before.boot != state.boot:
            self._started = self._finished = 0
            if before is None and state.last is not None:
                self._started = self._finished = state.last.number
                self.last = self._progress(state.last)
        if state.revision is not None and state.revision != self._revision:
            self._dirty.set()
        self._warn(before.too_short if before else None, state.too_short)
        if state.last is not None and state.last.number > self._finished:
            self._begin(state.last)
            self._finished = state.last.number
            self._over.put_nowait(state.last)
        if state.round is not None:
            self._begin(state.round)
            self.progress = self._progress(state.round)
        elif self._over.empty():
            self.progress = None

    def _begin(self, found: Round) -> None:
        if found.number > self._started:
            self._started = found.number
            self.progress = self._progress(found)
            self._events.emit(ReadoutStarted(found.total))

    async def _tell_of_ends(self) -> None:
        """Tell that a readout is over when its readings are here."""
        while True:
            found = await self._over.get()
            try:
                await self._journal.drain()
            except MbuslinkError as error:
                _log.info("readings are still on the board", error=str(error))
            self.last = self._progress(found)
            if self.logger and self.logger.round is None and self._over.empty():
                self.progress = None
            _log.info(
                "readout finished",
                meters=found.total,
                failed=found.failed,
                duration_ms=found.duration_ms,
            )
            self._events.emit(
                ReadoutFinished(found.total, found.done, found.failed, found.duration_ms)
            )

    def _progress(self, found: Round) -> Progress:
        began_ms = found.utc_s * 1000 if found.utc_s else int(self._clock() * 1000)
        return Progress(began_ms, found.total, found.done, found.failed)

    def _warn(self, before: TooShort | None, now: TooShort | None) -> None:
        if now is not None and now != before:
            _log.warning("the bus cannot meet its readout cycle", reason=str(now))
