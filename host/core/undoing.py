"""A change of settings that is put back: by the same way as it was made, with the same checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from host.core import kept_settings, registration
from host.core.kept_settings import KeptSettings
from host.core.meter_services import MeterServices
from host.settings.meter import check_changes
from host.settings.undo import NotUndone
from host.store import audit, undo
from host.store.meters import Meter
from host.store.writer import Writer


class _Done:
    """What was put back: settings by chapter, meters; changes: their numbers in the audit."""

    def __init__(self) -> None:
        self.chapters: dict[str, Mapping[str, Any]] = {}
        self.meters: list[Meter] = []
        self.changes: Sequence[int] = ()


class Undoing:
    """Answers the service `changes.undo`; `settings` and `meters` tell who it concerns."""

    def __init__(self, writer: Writer, settings: KeptSettings, meters: MeterServices) -> None:
        self._writer = writer
        self._settings = settings
        self._meters = meters

    def handlers(self) -> Mapping[str, Any]:
        """Return the services that are answered here."""
        return {"changes.undo": self._undo}

    async def _undo(self, changes: Sequence[int], who: str) -> dict[str, Any]:
        done = await self._writer.free(lambda session: _put_back(session, changes, who))
        if done.chapters:
            self._settings.tell(done.chapters)
        if done.meters:
            self._meters.tell(done.meters)
        return {"changes": list(done.changes)}


def _put_back(session: Session, changes: Sequence[int], who: str) -> _Done:
    """Put back these changes for `who`, the newest first, all or none. Raises `NotUndone`."""
    done, last = _Done(), audit.last(session)
    for number in sorted(set(changes), reverse=True):
        entry = audit.get(session, number)
        if entry is None:
            raise NotUndone("not_known")
        before = undo.before(session, entry)
        if before.meter is None:
            kept_settings.change(session, {entry.which: before.values}, who)
            done.chapters[entry.which] = before.values
        elif entry.what == undo.METER:
            check_changes(before.values)
            address = before.meter.address
            done.meters += registration.change(session, [address], before.values, who)
        else:
            address = before.meter.address
            done.meters.append(registration.change_values(session, address, before.values, who))
    done.changes = audit.since(session, last)
    return done
