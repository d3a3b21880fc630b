"""Meters as a service: entered, changed, deleted and had back, all of a call or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from host.core import registration
from host.core.events import Events, MeterChanged
from host.core.journal import Clock, utc_now
from host.settings.meter import check_changes
from host.settings.readout import check_baud, check_cycle
from host.settings.value import from_entries
from host.store import audit
from host.store.meters import Meter
from host.store.writer import Writer


class MeterServices:
    """Answers the services `meters.*`. changed() is called when the schedule is another one."""

    def __init__(
        self,
        writer: Writer,
        events: Events,
        changed: Callable[[], None],
        clock: Clock = utc_now,
    ) -> None:
        self._writer = writer
        self._events = events
        self._changed = changed
        self._clock = clock

    def handlers(self) -> Mapping[str, Any]:
        """Return the services that are answered here."""
        return {
            "meters.add": self._add,
            "meters.add_each": self._add_each,
            "meters.take_over": self._take_over,
            "meters.change": self._change,
            "meters.change_values": self._change_values,
            "meters.reassess": self._reassess,
            "meters.delete": self._delete,
            "meters.restore": self._restore,
        }

    async def _add(
        self,
        addresses: Sequence[str],
        baud: int | None,
        cycle_s: int | None,
        segment: int | None,
        name: str | None,
        site: str | None,
        who: str,
    ) -> dict[str, Any]:
        if baud is not None:
            check_baud(baud)
        if cycle_s is not None:
            check_cycle(cycle_s)

        def work(session: Session) -> registration.Registered:
            return registration.register(
                session,
                addresses,
                baud=baud or 2400,
                cycle_s=cycle_s,
                segment=segment or 1,
                name=name or "",
                site=site or "",
                who=who,
            )

        return self._registered(await self._writer.run(work))

    async def _add_each(self, meters: Sequence[Mapping[str, Any]], who: str) -> dict[str, Any]:
        for wanted in meters:
            check_changes({name: value for name, value in wanted.items() if name != "address"})

        def work(session: Session) -> registration.Registered:
            return registration.register_each(session, meters, who)

        return self._registered(await self._writer.run(work))

    def _registered(self, registered: registration.Registered) -> dict[str, Any]:
        self.tell(registered.added)
        return {
            "added": [{"id": meter.id, "address": meter.address} for meter in registered.added],
            "known": list(registered.known),
        }

    async def _take_over(self, meters: Sequence[Mapping[str, Any]], who: str) -> dict[str, Any]:
        changed = await self._writer.run(
            lambda session: registration.take_over(session, meters, who)
        )
        self.tell(changed)
        return {"changed": len(changed)}

    async def _change(self, addresses: Sequence[str], changes: Any, who: str) -> dict[str, Any]:
        check_changes(changes)

        def work(session: Session) -> tuple[Sequence[Meter], Sequence[int]]:
            last = audit.last(session)
            changed = registration.change(session, addresses, changes, who)
            return changed, audit.since(session, last)

        changed, numbers = await self._writer.run(work)
        self.tell(changed)
        return {"changed": len(changed), "changes": list(numbers)}

    async def _change_values(self, address: str, values: Any, who: str) -> dict[str, Any]:
        settings = from_entries(values)

        def work(session: Session) -> tuple[Meter, Sequence[int]]:
            last = audit.last(session)
            meter = registration.change_values(session, address, settings, who)
            return meter, audit.since(session, last)

        meter, numbers = await self._writer.run(work)
        self.tell([meter])
        return {"changes": list(numbers)}

    async def _reassess(self, who: str) -> dict[str, Any]:
        changed = await self._writer.run(lambda session: registration.reassess(session, who))
        self.tell(changed)
        return {"changed": len(changed)}

    async def _delete(self, addresses: Sequence[str], who: str) -> dict[str, Any]:
        at = self._clock()
        deleted = await self._writer.free(
            lambda session: registration.delete(session, addresses, at, who)
        )
        self.tell(deleted, "unread")  # a page draws its table anew
        return {"deleted": len(deleted)}

    async def _restore(self, addresses: Sequence[str], who: str) -> dict[str, Any]:
        restored = await self._writer.free(
            lambda session: registration.restore(session, addresses, who)
        )
        self.tell(restored, "unread")
        return {"restored": len(restored)}

    def tell(self, meters: Sequence[Meter], state: str | None = None) -> None:
        """Tell that these meters are others now, which is stored."""
        for meter in meters:
            self._events.emit(MeterChanged(meter.id, state or meter.state))
        self._changed()
