"""The status messages as a service (manual 6.8.6-6.8.8); the journal enters what has happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from host.core.events import Events, StatusChanged
from host.store import status_messages
from host.store.status_messages import Message, Wanted
from host.store.tables import to_ms
from host.store.writer import Writer


class StatusLog:
    """Answers the services `status.*` with `writer`; tells `events` that messages are others."""

    def __init__(self, writer: Writer, events: Events) -> None:
        self._writer = writer
        self._events = events

    def handlers(self) -> Mapping[str, Any]:
        """Return the services that are answered here."""
        return {
            "status.list": self._list,
            "status.clear": self._clear,
            "status.restore": self._restore,
        }

    async def _list(
        self, number: int | None, severity: str | None, skip: int, limit: int
    ) -> dict[str, Any]:
        wanted = Wanted(number, severity)

        def work(session: Session) -> dict[str, Any]:
            found = status_messages.newest(session, limit, wanted, skip)
            return {
                "messages": [as_facts(message) for message in found],
                "count": status_messages.count(session, wanted),
            }

        return await self._writer.read(work)

    async def _clear(self, who: str) -> dict[str, Any]:
        return {"cleared": await self._change(lambda s: status_messages.clear(s, who))}

    async def _restore(self, who: str) -> dict[str, Any]:
        return {"restored": await self._change(lambda s: status_messages.restore(s, who))}

    async def _change(self, work: Callable[[Session], int]) -> int:
        changed, last = await self._writer.free(
            lambda session: (work(session), status_messages.last_id(session))
        )
        self._events.emit(StatusChanged(last))
        return changed


def as_facts(message: Message) -> dict[str, Any]:
    """Return a message as the services tell it."""
    return {
        "id": message.id,
        "at_ms": to_ms(message.at),
        "number": message.number,
        "severity": message.severity,
        "key": message.key,
        "meter": message.meter_id,
        "which": message.which,
        "cause": message.cause,
        "detail": message.detail,
    }
