"""The planned list as a service: kept in the store, told to everybody, written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from host.core.events import Events, PlanChanged
from host.readout import planned
from host.store import audit
from host.store.writer import Writer


class Plan:
    """Keeps the list with `writer` and tells `events` of it."""

    def __init__(self, writer: Writer, events: Events) -> None:
        self._writer = writer
        self._events = events

    def handlers(self) -> Mapping[str, Any]:
        """Return the service that is answered here."""
        return {"plan.change": self._change}

    async def _change(self, meters: Any, who: str) -> dict[str, Any]:
        wanted = planned.kept(meters)

        def work(session: Session) -> None:
            before = {"meters": len(planned.load(session))}
            planned.save(session, wanted)
            after = {"meters": len(wanted)}
            audit.record(session, who, "plan.changed", before=before, after=after)

        await self._writer.free(work)
        self._events.emit(PlanChanged(len(wanted)))
        return {}
