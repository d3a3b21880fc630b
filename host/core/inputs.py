"""The board's own inputs as services: told, set, switched on singly (manual 6.8.3, 6.8.4).

An input that is switched on becomes a meter at once, and the board has it read at once. One that is
switched off keeps its meter with all that was read. What was known last outlives board and core.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

import structlog
from sqlalchemy.orm import Session

from host.core.events import Events, InputsChanged, MeterChanged
from host.core.journal import Clock, utc_now
from host.device.board import Board
from host.device.inputs import Inputs
from host.settings.inputs import ACTIVE, prefix
from host.store import audit, known_inputs, meters
from host.store.known_inputs import KnownInputs
from host.store.meters import Meter
from host.store.tables import to_ms
from host.store.writer import Writer
from shared.board_settings import SECRET, check_setting
from shared.errors import BadSetting, MbuslinkError

_LISTS = ("s0", "temperatures", "supplies", "relays", "alarms")
_SCALE = ("weight_milli", "unit")
_log = structlog.get_logger(__name__)


class BoardInputs:
    """Asks `board` for its inputs and settings, tells `events`, keeps what is known."""

    def __init__(
        self, board: Board, writer: Writer, events: Events, clock: Clock = utc_now
    ) -> None:
        self._board = board
        self._writer = writer
        self._events = events
        self._clock = clock
        self._last: Inputs | None = None  # None: the link has been down since
        self._known: KnownInputs | None = None
        self._pulsed_ms: dict[int, int] = {}
        self._wake = asyncio.Event()

    def handlers(self) -> Mapping[str, Any]:
        """Return the services that are answered here."""
        return {
            "board.inputs": self._inputs,
            "board.settings": self._settings,
            "board.set_input": self._set_input,
        }

    def heard(self, inputs: Inputs) -> None:
        """The board tells how its inputs are: pass it on, and note who has just had a pulse."""
        told = self._told(inputs)
        if self._known:
            self._known = replace(self._known, at_ms=to_ms(self._clock()), inputs=told)
        self._events.emit(InputsChanged(told))

    def link_changed(self) -> None:
        """The link has come or gone: what is known is asked for, or kept, soon."""
        self._last = None
        self._wake.set()

    async def run(self) -> None:
        """Keep what is known of the board when its link comes and goes, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                if self._board.link.connected.is_set():
                    await self._learn(await self._board.settings({}))
                elif self._known:
                    await self._keep(self._known)
            except MbuslinkError as error:
                _log.info("the inputs are not known", error=str(error))

    async def _learn(self, values: Mapping[str, Any]) -> None:
        """Keep the settings `values` of the board, with how its inputs are now, and tell that."""
        told = self._told(await self._board.inputs())
        ours = {name: value for name, value in values.items() if name.startswith(("s0.", "t."))}
        self._known = KnownInputs(to_ms(self._clock()), ours, told)
        await self._keep(self._known)
        self._events.emit(InputsChanged(told))

    async def _keep(self, known: KnownInputs) -> None:
        await self._writer.run(lambda session: known_inputs.keep(session, known))

    def _told(self, inputs: Inputs) -> dict[str, Any]:
        """Return `inputs` as services tell them, each S0 input with the moment of its last pulse.

        None: there was none since the link came. It is seen within the five seconds in which the
        board tells of changes.
        """
        before = {one.input: one.pulses for one in self._last.s0} if self._last else {}
        for one in inputs.s0:
            if one.pulses > before.get(one.input, one.pulses):
                self._pulsed_ms[one.input] = to_ms(self._clock())
        self._last = inputs
        told: dict[str, Any] = asdict(inputs)
        told |= {name: list(told[name]) for name in _LISTS}
        for row in told["s0"]:
            row["pulsed_ms"] = self._pulsed_ms.get(row["input"])
        return told

    async def _inputs(self) -> dict[str, Any]:
        return {"inputs": self._told(await self._board.inputs())}

    async def _settings(self, values: Mapping[str, Any], who: str) -> dict[str, Any]:
        before = await self._board.settings({})
        if not values:
            return {"values": before}
        now = await self._board.settings(values)
        shown = {name: "***" if name in SECRET else now[name] for name in values if name in now}
        await self._writer.run(
            lambda session: audit.record(session, who, "board.changed", before=before, after=shown)
        )
        await self._learn_or_soon(now)
        return {"values": now}

    async def _set_input(
        self, address: str, values: Mapping[str, Any], name: str | None, who: str
    ) -> dict[str, Any]:
        front = prefix(address)
        for one, value in values.items():
            check_setting(front + one, value)
        before = _of(front, await self._board.settings({}))
        wanted = await self._going_on(address, before, values)
        if wanted.get("start_milli") == before.get("start_milli", -1):
            # The same start value again: the board begins anew only at another one.
            await self._board.settings({f"{front}start_milli": wanted["start_milli"] + 1})
        all_now = await self._board.settings({front + one: wanted[one] for one in wanted})
        now = _of(front, all_now)

        def work(session: Session) -> Meter | None:
            audit.record(
                session, who, "input.changed", address,
                before=before, after={one: now[one] for one in values},
            )  # fmt: skip
            return _as_meter(session, address, name, active=now[ACTIVE], who=who)

        meter = await self._writer.run(work)
        if meter is not None:
            self._events.emit(MeterChanged(meter.id, meter.state))
        await self._learn_or_soon(all_now)
        return {"meter": meter.id if meter else None}

    async def _going_on(
        self, address: str, before: Mapping[str, Any], values: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return `values` with a start value from which the count goes on in another weight.

        Raises `BadSetting` for another unit without a start value: nobody knows it.
        """
        changed = {one for one in _SCALE if one in values and values[one] != before[one]}
        if "start_milli" in values or not changed:
            return dict(values)
        (reading,) = [
            one for one in (await self._board.inputs()).s0 if f"S0-{one.input}" == address
        ]
        if "unit" in changed and reading.pulses:
            raise BadSetting(f"{address}: with another unit, tell the reading of the meter")
        return {**values, "start_milli": reading.milli}

    async def _learn_or_soon(self, values: Mapping[str, Any]) -> None:
        """Learn how the inputs are; where the board has gone meanwhile, when it is back."""
        with suppress(MbuslinkError):
            await self._learn(values)


def _of(front: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings whose names begin with `front`, without that."""
    return {
        name.removeprefix(front): value for name, value in values.items() if name.startswith(front)
    }


def _as_meter(
    session: Session, address: str, name: str | None, *, active: bool, who: str
) -> Meter | None:
    """Return the meter that an input is, under its `name` (None: as before); None for none yet."""
    meter = meters.by_address(session, address)
    if meter is None:
        if not active:
            return None
        meter = meters.add(session, address, name=name or address)
        audit.record(session, who, "meter.added", address, after={"name": meter.name})
    elif name is not None and name != meter.name:
        before = {"name": meter.name}
        meter = meters.change(session, address, {"name": name})
        audit.record(session, who, "meter.changed", address, before=before, after={"name": name})
    return meter
