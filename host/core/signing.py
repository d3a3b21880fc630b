"""Who signed in and out, and who was refused, written down in the audit.

Guessing cannot fill it: what is refused to the same account from the same address within a minute
is one entry with a count, and beyond a few of those in a minute all the rest is one. A name that no
user has is not written down; it may be a password that was typed into the wrong field.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from host.core.journal import Clock, utc_now
from host.settings.accounts import NOBODY
from host.store import accounts, audit
from host.store.writer import Writer

MINUTE = timedelta(minutes=1)
MOST_A_MINUTE = 20
_ANYWHERE = ("", "")


class _Row(NamedTuple):
    """An entry that counts: its number in the audit, since when, how often."""

    number: int
    since: datetime
    times: int


class Signing:
    """Answers the service `signing.note` with `writer`."""

    def __init__(self, writer: Writer, clock: Clock = utc_now) -> None:
        self._writer = writer
        self._clock = clock
        self._refused: dict[tuple[str, str], _Row] = {}

    def handlers(self) -> Mapping[str, Any]:
        """Return the services that are answered here."""
        return {"signing.note": self._note}

    async def _note(self, what: str, name: str, address: str) -> dict[str, Any]:
        now = self._clock()
        if what == "refused":
            await self._writer.run(lambda session: self._refuse(session, name, address, now))
        else:
            key = audit.SIGNED_IN if what == "in" else audit.SIGNED_OUT
            facts = {"address": address}
            await self._writer.run(
                lambda session: audit.record(session, name, key, after=facts, at=now)
            )
        return {}

    def _refuse(self, session: Session, name: str, address: str, now: datetime) -> None:
        user = accounts.by_name(session, name)
        self._refused = {key: row for key, row in self._refused.items() if now - row.since < MINUTE}
        key = (user.name if user else "", address)
        if key not in self._refused and len(self._refused) >= MOST_A_MINUTE:
            key = _ANYWHERE
        known = self._refused.get(key)
        count = known.times + 1 if known else 1
        facts = {"address": key[1], "count": count}
        if known:
            audit.recount(session, known.number, facts)
            self._refused[key] = known._replace(times=count)
        else:
            audit.record(session, NOBODY, audit.REFUSED, key[0], after=facts, at=now)
            self._refused[key] = _Row(audit.last(session), now, count)
