"""Status messages of the logger (manual 6.8.6-6.8.8): what was entered, listed, cleared, had back.

A message has a key of `shared.status_codes`; number and severity follow from it. Only the newest
`MOST` are kept, so that they never fill the card. What was cleared can be had back for a day.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from host.store import audit
from host.store.tables import StatusRow
from shared.status_codes import BY_KEY, ROWS

MOST = 10_000
CLEARED_KEPT = timedelta(days=1)
_REPEAT = timedelta(hours=1)
"""What a board delivers again has the same moment, or nearly so while it has no clock."""
_NOT_CLEARED = StatusRow.cleared_at.is_(None)


@dataclass(frozen=True, slots=True)
class Said:
    """A message that is new.

    key: of `shared.status_codes`. meter_id: which meter it is about, if any; which: its serial
    number, or the address as long as that is not known. cause: a key of `host.texts.errors`, or "".
    detail: English or a number, for the expert. source: names a board's message for ever.
    """

    key: str
    at: datetime
    meter_id: int | None = None
    which: str = ""
    cause: str = ""
    detail: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is kept; see `Said`. meter_id: None when the meter is gone."""

    id: int
    at: datetime
    key: str
    meter_id: int | None
    which: str
    cause: str
    detail: str

    @property
    def number(self) -> int:
        """Its number in the manual, 0 to 10."""
        return BY_KEY[self.key][0]

    @property
    def severity(self) -> str:
        """ "info", "warning" or "error"."""
        return BY_KEY[self.key][2]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages: of this number, of this severity; about these meters or about none.

    None: all of them.
    """

    number: int | None = None
    severity: str | None = None
    meters: Collection[int] | None = None


ALL = Wanted()


def enter(session: Session, messages: Sequence[Said]) -> None:
    """Enter messages, in their order; one that a board delivers again changes nothing."""
    new = [said for said in messages if not _is_there(session, said)]
    if not new:
        return
    for said in new:
        session.add(
            StatusRow(
                at=said.at,
                key=said.key,
                meter_id=said.meter_id,
                which=said.which[:40],
                cause=said.cause[:40],
                detail=said.detail[:400],
                source=said.source[:100],
            )
        )
    session.flush()
    _trim(session)


def newest(session: Session, limit: int, wanted: Wanted = ALL, skip: int = 0) -> Sequence[Message]:
    """Return messages, the newest first: after the first `skip`, at most `limit`."""
    query = select(StatusRow).where(*_conditions(wanted))
    query = query.order_by(StatusRow.at.desc(), StatusRow.id.desc()).offset(skip).limit(limit)
    return [_message(row) for row in session.scalars(query)]


def count(session: Session, wanted: Wanted = ALL) -> int:
    """Return how many messages there are."""
    query = select(func.count(StatusRow.id)).where(*_conditions(wanted))
    return session.scalar(query) or 0


def last_id(session: Session) -> int:
    """Return the number of the message that was entered last, 0 when there is none."""
    return session.scalar(select(func.max(StatusRow.id)).where(_NOT_CLEARED)) or 0


def clear(session: Session, who: str) -> int:
    """Delete all messages for `who`; return how many. `restore` has them back for a day."""
    cleared = count(session)
    if cleared:
        now = datetime.now(UTC)
        session.execute(update(StatusRow).where(_NOT_CLEARED).values(cleared_at=now))
        audit.record(session, who, "messages.cleared", after={"messages": cleared}, at=now)
    _trim(session)
    return cleared


def restore(session: Session, who: str) -> int:
    """Take back what `clear` did last, for `who`; return how many messages came back."""
    when = session.scalar(select(func.max(StatusRow.cleared_at)))
    if when is None:
        return 0
    theirs = StatusRow.cleared_at == when
    restored = session.scalar(select(func.count(StatusRow.id)).where(theirs)) or 0
    session.execute(update(StatusRow).where(theirs).values(cleared_at=None))
    audit.record(session, who, "messages.restored", after={"messages": restored})
    return restored


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    keys = [
        key
        for number, key, severity, *_ in ROWS
        if wanted.number in (None, number) and wanted.severity in (None, severity)
    ]
    conditions: list[ColumnElement[bool]] = [_NOT_CLEARED, StatusRow.key.in_(keys)]
    if wanted.meters is not None:
        about_none = StatusRow.which == ""
        conditions.append(about_none | StatusRow.meter_id.in_(wanted.meters))
    return conditions


def _is_there(session: Session, said: Said) -> bool:
    if not said.source:
        return False
    query = select(StatusRow.at).where(StatusRow.source == said.source, StatusRow.key == said.key)
    return any(abs(at - said.at) < _REPEAT for at in session.scalars(query))


def _trim(session: Session) -> None:
    """Forget what is too old: beyond the newest, or cleared a day ago."""
    long_ago = datetime.now(UTC) - CLEARED_KEPT
    session.execute(delete(StatusRow).where(StatusRow.cleared_at < long_ago))
    query = select(StatusRow.id).order_by(StatusRow.id.desc()).offset(MOST).limit(1)
    beyond: Any = session.scalar(query)
    if beyond is not None:
        session.execute(delete(StatusRow).where(StatusRow.id <= beyond))


def _message(row: StatusRow) -> Message:
    return Message(row.id, row.at, row.key, row.meter_id, row.which, row.cause, row.detail)
