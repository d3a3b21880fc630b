"""The board's scan as a service: started here, run there, compared with the registered meters.

The board owns the scan and what it found, so that a lost link or a restarted core costs nothing.
Nothing is registered by itself (manual 6.4.1: the user decides).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, cast

from host.core.events import Events, ScanChanged
from host.device.board import Board
from host.device.facts import FoundMeter, ScanState
from host.store import meters as known_meters
from host.store.meters import Meter
from host.store.writer import Writer
from shared.mbus import addresses
from shared.mbus.addresses import parse_address

_matches = cast(Any, addresses).matches
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

    async def _start(self, **wanted: Any) -> Mapping[str, Any]:
        return await self._board.link.call("scan.start", **wanted)

    async def _stop(self) -> Mapping[str, Any]:
        return await self._board.link.call("scan.stop")

    async def _state(self) -> Mapping[str, Any]:
        return await self._board.link.call("scan.state")

    async def _found(self, after: int, limit: int) -> Mapping[str, Any]:
        found = await self._board.found(after, limit)
        known = await self._writer.read(known_meters.all)
        return {"meters": [{**asdict(one), **standing(one, known)} for one in found]}


def standing(found: FoundMeter, known: Sequence[Meter]) -> dict[str, Any]:
    """Return what `found` is to the registered meters, as services has it.

    It is the meter with its number, else the one at its place: the same address, or the same
    primary address. There another meter may have taken the place of the one that was read.
    """
    same = [meter for meter in known if _is_same(found, meter)]
    place = [meter for meter in known if meter.address == found.address] or [
        meter for meter in known if meter.address == str(found.primary)
    ]
    chosen = (same or place)[:1]
    if not chosen:
        return {"meter": None, "standing": "new", "differences": []}
    meter = chosen[0]
    differences = [
        what
        for what, differs in (
            ("baud", meter.baud not in found.bauds),
            ("primary", bool(same) and _differ(meter.primary, found.primary)),
            ("meter", not same and bool(meter.secondary and found.secondary)),
        )
        if differs
    ]
    return {
        "meter": meter.id,
        "standing": "changed" if differences else "known",
        "differences": differences,
    }


def _is_same(found: FoundMeter, meter: Meter) -> bool:
    """Tell whether they have one number, as far as both say who they are."""
    if found.secondary is None or meter.secondary is None:
        return found.secondary is not None and meter.address == found.secondary
    return bool(_matches(_header(found.secondary), _header(meter.secondary)))


def _header(secondary: str) -> bytes:
    header = parse_address(secondary).secondary
    assert header is not None
    return header


def _differ(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and one != other
