"""What was changed, by whom, when: a row a change, in the transaction that makes it.

A row has what is another now, before and after. Secrets are left out by whoever writes it down:
that a password was set is a row without before and after. Rows are not changed, but for the count
of refused sign-ins, and the oldest are forgotten (`purge`): the table does not grow for ever.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from host.store.tables import AuditRow

Facts = Mapping[str, Any]

SIGNED_IN, SIGNED_OUT, REFUSED = "sign.in", "sign.out", "sign.refused"
MOST = 20_000
"""So many entries are kept, the newest."""
VISITS_KEPT = timedelta(days=90)
"""So long who signed in and out is kept."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A change. what: a key of `host.texts.words.CHANGES`; which: the meter or user, or "".

    before, after: the facts that are another now, None where there is nothing to tell.
    """

    id: int
    at: datetime
    who: str
    what: str
    which: str
    before: Facts | None
    after: Facts | None


def record(
    session: Session,
    who: str,
    what: str,
    which: str = "",
    *,
    before: Facts | None = None,
    after: Facts | None = None,
    at: datetime | None = None,
) -> None:
    """Write down that `who` did `what`, now or `at` another moment; see `Entry`.

    Of facts before and after only those that differ are kept; where none does, nothing changed.
    """
    if before is not None and after is not None:
        changed = [name for name in after if before.get(name) != after[name]]
        if not changed:
            return
        before = {name: before.get(name) for name in changed}
        after = {name: after[name] for name in changed}
    session.add(
        AuditRow(
            at=at or datetime.now(UTC),
            who=who,
            what=what,
            which=which[:200],
            before=_text(before),
            after=_text(after),
        )
    )
    session.flush()


def newest(
    session: Session, limit: int, *, who: str | None = None, below: int | None = None
) -> Sequence[Entry]:
    """Return the newest entries, newest first, at most `limit`.

    who: of this user alone; below: those older than the entry of this number.
    """
    query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if who is not None:
        query = query.where(AuditRow.who == who)
    if below is not None:
        query = query.where(AuditRow.id < below)
    return [_entry(row) for row in session.scalars(query)]


def get(session: Session, number: int) -> Entry | None:
    """Return the entry of this number, or None."""
    row = session.scalar(select(AuditRow).where(AuditRow.id == number))
    return None if row is None else _entry(row)


def last(session: Session) -> int:
    """Return the number of the newest entry, 0 where there is none."""
    return session.scalar(select(AuditRow.id).order_by(AuditRow.id.desc()).limit(1)) or 0


def since(session: Session, number: int) -> Sequence[int]:
    """Return the numbers of the entries after the one of this number."""
    return session.scalars(
        select(AuditRow.id).where(AuditRow.id > number).order_by(AuditRow.id)
    ).all()


def later(session: Session, entry: Entry, what: str) -> bool:
    """Tell whether `what` was done to the same after `entry`."""
    same = (AuditRow.id > entry.id, AuditRow.what == what, AuditRow.which == entry.which)
    return session.scalar(select(AuditRow.id).where(*same).limit(1)) is not None


def recount(session: Session, number: int, after: Facts) -> None:
    """Have the entry of this number tell other facts after."""
    session.get_one(AuditRow, number).after = _text(after)
    session.flush()


def purge(session: Session, now: datetime) -> int:
    """Forget what is kept no longer; return how many entries."""
    visits = AuditRow.what.in_((SIGNED_IN, SIGNED_OUT, REFUSED))
    old = select(AuditRow.id).where(visits, AuditRow.at < now - VISITS_KEPT)
    beyond = select(AuditRow.id).order_by(AuditRow.id.desc()).offset(MOST)
    gone = {*session.scalars(old), *session.scalars(beyond)}
    for number in gone:
        session.execute(delete(AuditRow).where(AuditRow.id == number))
    return len(gone)


def names(session: Session) -> Sequence[str]:
    """Return everybody who ever changed something, in the order of the alphabet."""
    return session.scalars(select(AuditRow.who).distinct().order_by(AuditRow.who)).all()


def _text(facts: Facts | None) -> str | None:
    return None if facts is None else json.dumps(facts, ensure_ascii=False)


def _entry(row: AuditRow) -> Entry:
    return Entry(
        row.id,
        row.at,
        row.who,
        row.what,
        row.which,
        None if row.before is None else json.loads(row.before),
        None if row.after is None else json.loads(row.after),
    )
