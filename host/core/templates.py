"""Driver templates as a service (manual 6.7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from host.core.events import Events, MeterChanged
from host.core.journal import Clock, utc_now
from host.core.registration import known
from host.readout import templates as at_work
from host.settings.accounts import COMMAND_LINE
from host.settings.template import Template, from_entry, from_list
from host.store import templates
from host.store.meters import Meter
from host.store.writer import Writer
from shared.errors import BadSetting


class Templates:
    """Answers the services `templates.*`. changed() is called when meters are read otherwise."""

    def __init__(
        self, writer: Writer, events: Events, changed: Callable[[], None], clock: Clock = utc_now
    ) -> None:
        self._writer = writer
        self._events = events
        self._changed = changed
        self._clock = clock

    def handlers(self) -> Mapping[str, Any]:
        """Return the services that are answered here."""
        return {
            "templates.save": self._save,
            "templates.change": self._change,
            "templates.apply": self._apply,
            "templates.import": self._import,
            "templates.delete": self._delete,
            "templates.restore": self._restore,
        }

    async def _save(self, address: str, name: str, who: str) -> dict[str, Any]:
        return {"id": await self._writer.run(lambda session: save(session, address, name, who))}

    async def _change(self, id: int, template: Any, who: str) -> dict[str, Any]:
        wanted = from_entry(template)
        await self._writer.run(lambda session: templates.change(session, who, id, wanted))
        return {}

    async def _apply(self, id: int, who: str) -> dict[str, Any]:
        changed = await self._writer.run(lambda session: apply(session, id, who))
        for meter in changed:
            self._events.emit(MeterChanged(meter.id, meter.state))
        self._changed()
        return {"changed": len(changed)}

    async def _import(self, templates: Any, replace: bool, who: str) -> dict[str, Any]:
        wanted = from_list(templates)
        await self._writer.run(lambda session: take_in(session, wanted, who, replace=replace))
        return {"imported": len(wanted)}

    async def _delete(self, id: int, who: str) -> dict[str, Any]:
        at = self._clock()
        await self._writer.free(lambda session: templates.delete(session, who, id, at))
        return {}

    async def _restore(self, id: int, who: str) -> dict[str, Any]:
        await self._writer.run(lambda session: templates.restore(session, who, id))
        return {}


def save(session: Session, address: str, name: str, who: str = COMMAND_LINE) -> int:
    """Keep a template of the meter at this address for `who`; return its number.

    Raises `BadAddress` for an unknown meter, `BadSetting` for one that was not read yet, `Busy`
    when there is a template for its kind.
    """
    return templates.add(session, who, at_work.of_meter(session, known(session, address), name))


def apply(session: Session, template_id: int, who: str = COMMAND_LINE) -> Sequence[Meter]:
    """Give a template to every meter it is for; return those that are others now."""
    kept = templates.get(session, template_id)
    if kept is None:
        raise BadSetting(f"template {template_id}: there is none of this number")
    return at_work.apply(session, who, kept.template)


def take_in(
    session: Session, wanted: Sequence[Template], who: str = COMMAND_LINE, *, replace: bool = False
) -> None:
    """Keep templates out of a file, all or none; see `host.store.templates.add`."""
    for template in wanted:
        templates.add(session, who, template, replace=replace)
