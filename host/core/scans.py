"""The board's scan as a service: started here, run there, compared with the registered meters.

The board owns the scan and what it found, so that a lost link or a restarted core costs nothing.
Nothing is registered by itself (manual 6.4.1: the user decides).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from host.core.events import Events, ScanChanged
from host.core.notes import note
from host.device.board import Board
from host.device.facts import FoundMeter, ScanState
from host.readout import commissioning
from host.store import meters as known_meters
from host.store.meters import Meter
from host.store.writer import Writer

_EVENT = ("boot", "number", "running", "probes", "collisions", "found", "permille", "left_s", "end")


class Scans:
    """Hands the scan's services to `board` and tells `events` how it goes."""

    def __init__(self, board: Board, writer: Writer, events: Events) -> None:
        self._board = board
        self._writer = writer
        self._events = events

    def handlers(self) -> Mapping[str, Any]:
        """Return the services that are answered here."""
        return {
            "scan.start": self._start,
            "scan.stop": self._stop,
            "scan.state": self._state,
            "scan.found": self._found,
        }

    def changed(self, state: ScanState) -> None:
        """Tell everybody how the board's scan is."""
        self._events.emit(ScanChanged(**{name: getattr(state, name) for name in _EVENT}))

    async def _start(self, who: str, **wanted: Any) -> Mapping[str, Any]:
        state = await self._board.link.call("scan.start", **wanted)
        await note(self._writer, who, "scan.started")
        return state

    async def _stop(self, who: str) -> Mapping[str, Any]:
        state = await self._board.link.call("scan.stop")
        await note(self._writer, who, "scan.stopped")
        return state

    async def _state(self) -> Mapping[str, Any]:
        return await self._board.link.call("scan.state")

    async def _found(self, after: int, limit: int) -> Mapping[str, Any]:
        found = await self._board.found(after, limit)
        known = await self._writer.read(known_meters.all)
        return {"meters": [{**asdict(one), **_standing(one, known)} for one in found]}


def _standing(found: FoundMeter, known: Sequence[Meter]) -> dict[str, Any]:
    """Return what `found` is to the registered meters, as services has it."""
    told = commissioning.standing(found, known)
    return {
        "meter": told.meter and told.meter.id,
        "standing": told.word,
        "differences": list(told.differences),
    }
