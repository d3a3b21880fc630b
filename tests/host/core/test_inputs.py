"""L3: the board's inputs as services of the core: set, switched on singly, known while away."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from host.core.events import Event, Events, InputsChanged, MeterChanged
from host.core.inputs import BoardInputs
from host.device.inputs import Inputs
from host.store import audit, database, known_inputs, meters, migrate
from host.store.known_inputs import KnownInputs
from host.store.writer import Writer
from shared import board_settings
from shared.errors import BadSetting, LinkLost
from tests.fakes.core import counters, measured
from tests.fakes.loop import in_loop

NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
OLGA = {"who": "Olga"}


class Board:
    """A board with inputs; `away`: it does not answer. `taken`: each change of settings."""

    def __init__(self) -> None:
        self.link = SimpleNamespace(connected=asyncio.Event())
        self.values = board_settings.defaults()
        self.told = measured(s0=counters())
        self.taken: list[dict[str, Any]] = []

    async def inputs(self) -> Inputs:
        if not self.link.connected.is_set():
            raise LinkLost("unplugged")
        return Inputs.of(self.told)

    async def settings(self, changes: dict[str, Any]) -> dict[str, Any]:
        await self.inputs()
        if changes:
            self.taken.append(changes)
        self.values |= changes
        return dict(self.values)


class House:
    def __init__(self, data: Path) -> None:
        self.board, self.events = Board(), Events()
        self.heard: list[Event] = []
        self.events.subscribe(self.heard.append)
        self.writer = Writer(database.database_path(data))
        self.inputs = BoardInputs(self.board, self.writer, self.events, lambda: NOON)  # type: ignore[arg-type]

    async def call(self, method: str, **params: Any) -> Any:
        return await self.inputs.handlers()[method](**params)

    async def read(self, work: Callable[[Session], Any]) -> Any:
        return await self.writer.read(work)

    async def set(self, address: str, name: str | None = None, **values: Any) -> Any:
        return await self.call("board.set_input", address=address, values=values, name=name, **OLGA)

    async def known(self, right: Callable[[KnownInputs], bool]) -> KnownInputs:
        """Return what is kept as known as soon as it is `right`."""
        async with asyncio.timeout(10):
            while True:
                known = await self.read(known_inputs.load)
                if right(known):
                    return known
                await asyncio.sleep(0.01)


@asynccontextmanager
async def house(data: Path) -> AsyncIterator[House]:
    migrate.upgrade(database.database_path(data))
    one = House(data)
    one.board.link.connected.set()
    running = asyncio.create_task(one.inputs.run())
    yield one
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await one.writer.close()


@in_loop
async def test_l3_an_input_that_is_switched_on_is_a_meter_at_once(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        told = await h.set("S0-2", "Garden", active=True, unit="m3", start_milli=5_000_000)
        (meter,) = await h.read(meters.all)
        assert (meter.id, meter.address, meter.name) == (told["meter"], "S0-2", "Garden")
        assert MeterChanged(meter.id, "unread") in h.heard
        assert h.board.values["s0.2.unit"] == "m3"
        assert isinstance(h.heard[-1], InputsChanged)
        entries = await h.read(lambda session: audit.newest(session, 9))
        assert [(one.who, one.what, one.which) for one in entries] == [
            ("Olga", "meter.added", "S0-2"),
            ("Olga", "input.changed", "S0-2"),
        ]
        assert entries[1].before == {"active": False, "unit": "pulse", "start_milli": 0}


@in_loop
async def test_l3_switched_off_it_stays_a_meter_with_its_history(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.set("T-1", "Flow", active=True)
        await h.set("T-1", active=False)
        (meter,) = await h.read(meters.all)
        assert meter.name == "Flow"
        assert h.board.values["t.1.active"] is False
        await h.set("T-1", "Return", active=True)
        (again,) = await h.read(meters.all)
        assert (again.id, again.name) == (meter.id, "Return")


@in_loop
async def test_l3_one_that_stays_off_becomes_no_meter(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        assert await h.set("T-2", active=False, offset_mk=300) == {"meter": None}
        assert await h.read(meters.all) == []


@in_loop
async def test_l3_with_another_weight_the_count_goes_on(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        h.board.told["s0"][0] |= {"pulses": 20, "milli": 5_020_000}
        await h.set("S0-1", weight_milli=10)
        assert h.board.taken == [{"s0.1.weight_milli": 10, "s0.1.start_milli": 5_020_000}]
        with pytest.raises(BadSetting, match="tell the reading"):
            await h.set("S0-1", unit="kWh")


@in_loop
async def test_l3_the_same_start_value_begins_anew_as_well(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.set("S0-1", start_milli=0)
        assert h.board.taken == [{"s0.1.start_milli": 1}, {"s0.1.start_milli": 0}]


@in_loop
async def test_l3_what_cannot_be_changes_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        with pytest.raises(BadSetting, match=r"s0\.1\.weight_milli"):
            await h.set("S0-1", active=True, weight_milli=0)
        h.board.link.connected.clear()
        with pytest.raises(LinkLost):
            await h.set("S0-1", active=True)
        assert (h.board.taken, await h.read(meters.all)) == ([], [])


@in_loop
async def test_l3_what_was_known_outlives_the_link(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        h.inputs.link_changed()
        known = await h.known(lambda known: known.at_ms > 0)
        assert known.settings["s0.1.unit"] == "pulse"
        assert all(name.startswith(("s0.", "t.")) for name in known.settings)
        h.board.told["s0"][2] |= {"pulses": 7, "milli": 7000}
        h.inputs.heard(await h.board.inputs())
        h.board.link.connected.clear()
        h.inputs.link_changed()
        known = await h.known(lambda known: known.inputs["s0"][2]["pulses"] == 7)
        assert known.inputs["temperatures"][0]["milli_celsius"] == 21549


@in_loop
async def test_l3_a_pulse_is_dated_when_it_is_seen_but_not_over_a_gap(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        pulsed = lambda: [row["pulsed_ms"] for row in h.heard[-1].inputs["s0"]]  # noqa: E731
        h.inputs.heard(await h.board.inputs())
        assert pulsed() == [None] * 4
        h.board.told["s0"][1]["pulses"] += 1
        h.inputs.link_changed()
        h.inputs.heard(await h.board.inputs())
        assert pulsed() == [None] * 4, "it may have come at any time while the board was away"
        h.board.told["s0"][1]["pulses"] += 1
        h.inputs.heard(await h.board.inputs())
        assert pulsed() == [None, int(NOON.timestamp() * 1000), None, None]
