"""Consumer units as a service (manual 6.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from host.core.events import Events, UnitChanged
from host.store import units
from host.store.units import Unit
from host.store.writer import Writer


class Units:
    """Answers the services `units.*` with `writer`; tells `events` which unit is another now."""

    def __init__(self, writer: Writer, events: Events) -> None:
        self._writer = writer
        self._events = events

    def handlers(self) -> Mapping[str, Any]:
        """Return the services that are answered here."""
        return {
            "units.add": self._add,
            "units.change": self._change,
            "units.delete": self._delete,
            "units.set_meters": self._set_meters,
            "units.set_users": self._set_users,
        }

    async def _add(self, name: str, description: str, who: str) -> dict[str, Any]:
        unit = await self._do(lambda session: units.add(session, who, name, description))
        return {"id": unit.id}

    async def _change(self, id: int, name: str, description: str, who: str) -> dict[str, Any]:
        await self._do(lambda session: units.change(session, who, id, name, description))
        return {}

    async def _delete(self, id: int, who: str) -> dict[str, Any]:
        await self._do(lambda session: units.delete(session, who, id))
        return {}

    async def _set_meters(self, id: int, meters: Sequence[int], who: str) -> dict[str, Any]:
        await self._do(lambda session: units.set_meters(session, who, id, meters))
        return {}

    async def _set_users(self, id: int, users: Sequence[int], who: str) -> dict[str, Any]:
        await self._do(lambda session: units.set_users(session, who, id, users))
        return {}

    async def _do(self, work: Callable[[Session], Unit]) -> Unit:
        unit = await self._writer.run(work)
        self._events.emit(UnitChanged(unit.id))
        return unit
