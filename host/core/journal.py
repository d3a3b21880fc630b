"""Brings the board's readings home: fetch, store, commit, and only then acknowledge.

The board keeps numbered entries until they are acknowledged. Whatever happens between two steps
(the cable, the board, this process), the entry is delivered again, and its key (board, boot,
number) makes the repeat harmless. So there is one way in, whether an entry is new, was left from
an hour without host, or was stored by a core that was killed before it could say so.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import structlog
from sqlalchemy.orm import Session

from host.core import losses
from host.core.events import (
    Events,
    FaultChanged,
    MeterChanged,
    ReadingsStored,
    StatusChanged,
)
from host.core.losses import Loss
from host.device.board import Board
from host.device.facts import BoardInfo, Entry, JournalState
from host.readout import reader
from host.readout.reader import Accepted, Delivery
from host.store import status_messages
from host.store.database import StoreFault
from host.store.status_messages import Said
from host.store.tables import to_ms
from host.store.writer import Writer
from shared.errors import MbuslinkError
from shared.status_codes import BY_KEY

RETRY_S = 5.0
"""Pause after the database or the link failed, and the longest sleep without looking."""

_NOT_OURS = (ValueError, TypeError, LookupError, MbuslinkError)
"""What a delivery that we cannot take may raise; what the database says against it is another."""

_log = structlog.get_logger(__name__)
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


class Journal:
    """Fetches from `board`, stores through `writer`, tells of it by `events`."""

    def __init__(
        self,
        board: Board,
        writer: Writer,
        events: Events,
        clock: Clock = utc_now,
        greeted: Callable[[], None] = lambda: None,
    ) -> None:
        self.fault: str | None = None
        self.stored = 0
        self.loss = Loss()
        self._loss_of = ""  # board
        self._stored_up_to: dict[int, int] = {}
        self._board = board
        self._writer = writer
        self._events = events
        self._clock = clock
        self._greeted = greeted
        self._wake = asyncio.Event()
        self._drain = asyncio.Lock()

    def wake(self) -> None:
        """Look for new entries soon: something was added, or the link is back."""
        self._wake.set()

    async def run(self) -> None:
        """Keep the journal empty until cancelled."""
        while True:
            await self._board.link.connected.wait()
            try:
                await self.drain()
            except StoreFault as error:
                self._change_fault(str(error))
                await asyncio.sleep(RETRY_S)
                continue
            except MbuslinkError as error:
                _log.info("journal not fetched", error=str(error))
                await asyncio.sleep(RETRY_S / 10)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_S):
                    await self._wake.wait()
            self._wake.clear()

    async def drain(self) -> None:
        """Store and acknowledge what the board has now.

        Raises `StoreFault` when the database refuses, LinkLost and its kin when the board does not
        answer; what was stored until then stays, the rest stays on the board.
        """
        async with self._drain:
            while True:
                board = self._board.link.status.board
                page = await self._board.fetch()
                if board is not None:
                    await self._note_lost(board, page.journal)
                if not page.entries or board is None:
                    return
                await self._store(board, page.entries)
                for entry in page.entries:
                    self._stored_up_to[entry.boot] = entry.number or 0
                last = page.entries[-1]
                await self._board.acknowledge(last.boot, self._stored_up_to[last.boot])

    async def _store(self, board: BoardInfo, entries: Sequence[Entry]) -> None:
        now = self._clock()
        readings = [entry for entry in entries if entry.kind != "status"]
        deliveries = [delivery(board.unique_id, entry, now) for entry in readings]
        messages = [said for entry in entries for said in says(board.unique_id, entry, now)]

        def work(session: Session) -> tuple[list[Accepted], int | None]:
            before = status_messages.last_id(session)
            accepted = _accept(session, deliveries)
            status_messages.enter(session, messages)
            last = status_messages.last_id(session)
            return accepted, last if last != before else None

        accepted, last_message = await self._writer.run(work)
        self._change_fault(None)
        if last_message is not None:
            self._events.emit(StatusChanged(last_message))
        for outcome in accepted:
            if outcome.reading_id is not None:
                self.stored += 1
                self._events.emit(
                    ReadingsStored(outcome.meter.id, outcome.reading_id, to_ms(outcome.at))
                )
            self._events.emit(MeterChanged(outcome.meter.id, outcome.meter.state))
        if any(outcome.greeted for outcome in accepted):
            self._greeted()

    async def _note_lost(self, board: BoardInfo, journal: JournalState) -> None:
        """The board had to drop entries before we came: say so once for each new count."""
        if journal.lost == self.loss.lost and self._loss_of == board.unique_id:
            return
        now, name, told = self._clock(), board.unique_id, self.loss
        loss = await self._writer.read(lambda session: losses.known(session, name))
        if journal.lost != loss.lost:
            if journal.lost > loss.lost:
                _log.warning("readings lost: the board could not keep them", lost=journal.lost)
            loss = await self._writer.run(
                lambda session: losses.note(session, name, journal.lost, now)
            )
        self.loss, self._loss_of = loss, name
        if loss != told:
            self._events.emit(FaultChanged(self.fault))  # pages ask for the state anew

    def _change_fault(self, fault: str | None) -> None:
        if fault == self.fault:
            return
        self.fault = fault
        if fault:
            _log.error("readings cannot be stored", fault=fault)
        else:
            _log.info("readings are stored again")
        self._events.emit(FaultChanged(fault))


def says(board: str, entry: Entry, now: datetime) -> list[Said]:
    """Return the status message in an entry of the board `board` (its unique id), if it is one."""
    if entry.status is None:
        return []
    key, detail = entry.status
    _log.info("the board says", key=key, detail=detail)
    if key not in BY_KEY:
        return []  # a newer firmware's
    source = f"{board}/{entry.boot}/{entry.number}"
    return [Said(key, _moment(entry, now), detail=detail, source=source)]


def _moment(entry: Entry, now: datetime) -> datetime:
    """Return the board's moment; that of delivery where it has none, or one ahead of ours."""
    return now if entry.utc_s is None else min(datetime.fromtimestamp(entry.utc_s, UTC), now)


def delivery(board: str, entry: Entry, now: datetime) -> Delivery:
    """Return what the board `board` (its unique id) delivers by `entry`."""
    return Delivery(
        board=board,
        boot=entry.boot,
        number=entry.number or 0,
        at=_moment(entry, now),
        address=entry.address,
        frames=entry.telegrams,
        error_key=entry.error.key if entry.error else None,
        error_detail=str(entry.error) if entry.error else None,
        dated=entry.kind == "date",
    )


def _accept(session: Session, deliveries: Sequence[Delivery]) -> list[Accepted]:
    """Accept all at once; where that fails each alone: one of them must not block the others."""
    try:
        with session.begin_nested():
            outcomes = reader.accept(session, deliveries)
    except _NOT_OURS:
        outcomes = [outcome for item in deliveries for outcome in _accept_alone(session, item)]
    accepted: list[Accepted] = []
    for item, outcome in zip(deliveries, outcomes, strict=True):
        if outcome is None:
            frames = [frame.hex() for frame in item.frames]
            _log.warning("a reading that nobody keeps", address=item.address, frames=frames)
        else:
            accepted.append(outcome)
    return accepted


def _accept_alone(session: Session, item: Delivery) -> list[Accepted | None]:
    try:
        with session.begin_nested():
            return reader.accept(session, [item])
    except _NOT_OURS:
        _log.exception("a delivery cannot be stored", address=item.address)
        return [None]
