"""The board's own readout meets faults of the whole bus: real plant, real firmware, its schedule.

Nobody helps: the board reads on by itself, tells what is wrong, and is well when the fault is gone.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from host.device.async_conversation import AsyncConversation
from tests.fakes.loop import in_loop
from tests.fakes.plant import RunningPlant, running_plant
from tests.fakes.twin import running_twin
from tests.whole.test_kill_board import link_to

pytestmark = [pytest.mark.twin, pytest.mark.timeout(120)]
SCALE = 20
METERS = 3
ALL = {str(number) for number in range(1, METERS + 1)}
MOST_GROWTH = 2000  # bytes of heap that come and go with what is under way at a look
Entries = list[dict[str, Any]]


class Host:
    """One who hands over a schedule, takes the journal home and looks at the board."""

    def __init__(self, plant: RunningPlant, link: AsyncConversation) -> None:
        self.plant = plant
        self.link = link

    async def give(self, cycle_s: int, own: dict[str, int] | None = None) -> None:
        """Hand over a schedule of all meters; `own`: the cycles of some, by address."""
        meters = [{"address": m, "cycle_s": (own or {}).get(m)} for m in sorted(ALL)]
        whole: dict[str, Any] = {"revision": "00000001", "cycle_s": cycle_s, "dates": []}
        whole |= {"offsets": [], "total": METERS, "first": 0, "meters": meters}
        await self.link.call("schedule.set", **whole)

    async def take(self) -> Entries:
        """Return what the board has kept, and have it forget that."""
        page = await self.link.call("journal.fetch", boot=0, after=0, limit=32)
        if entries := page["entries"]:
            last = {name: entries[-1][name] for name in ("boot", "number")}
            await self.link.call("journal.acknowledge", **last)
        return entries

    async def take_until(self, enough: Callable[[Entries], bool]) -> Entries:
        """Take entries until there are `enough`; the test's time-out ends the wait."""
        taken: Entries = []
        while not enough(taken):
            more = await self.take()
            taken += more
            if not more:
                await asyncio.sleep(0.02)
        return taken

    async def alarms(self) -> set[tuple[str, str]]:
        found = (await self.link.call("inputs.state"))["alarms"]
        return {(alarm["address"], alarm["key"]) for alarm in found}

    async def until_alarms(self, wanted: set[tuple[str, str]]) -> None:
        while await self.alarms() != wanted:  # noqa: ASYNC110 - another process tells
            await asyncio.sleep(0.02)

    async def until_idle(self) -> None:
        while (await self.link.call("board.state"))["bus_busy"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    async def heap_free(self) -> int:
        return (await self.link.call("board.state"))["heap_free"]


@contextlib.asynccontextmanager
async def reading() -> AsyncIterator[Host]:
    with (
        running_plant(
            [{"profile": "water", "primary": n + 1} for n in range(METERS)], SCALE
        ) as plant,
        running_twin(plant.bus, SCALE, io=plant.io) as twin,
    ):
        async with link_to(twin) as link:
            yield Host(plant, link)


def of_meters(entries: Entries) -> Entries:
    return [entry for entry in entries if entry["kind"] == "meter"]


def said(entries: Entries) -> list[str]:
    """Return the keys of what the board says of itself."""
    return [entry["error"]["key"] for entry in entries if entry["kind"] == "status"]


def cycles(count: int, *, ok: bool) -> Callable[[Entries], bool]:
    """Return a judge: whether each meter was read so often, well or not."""

    def enough(entries: Entries) -> bool:
        asked = Counter(e["address"] for e in of_meters(entries) if (e["error"] is None) is ok)
        return all(asked[address] >= count for address in ALL)

    return enough


@in_loop
async def test_every_meter_answering_rubbish_for_cycles_then_well_again() -> None:
    async with reading() as host:
        await host.give(10)
        await host.take_until(cycles(2, ok=True))
        host.plant.control("fault", meter="all", fault={"kind": "rubbish", "bytes": 40})
        await host.take_until(cycles(1, ok=False))
        before = await host.heap_free()
        bad = await host.take_until(cycles(3, ok=False))
        after = await host.heap_free()
        assert await host.alarms() == {(address, "meter_unreadable") for address in ALL}
        assert {entry["error"]["key"] for entry in of_meters(bad)} == {"garbled_answer"}
        assert not any(entry["telegrams"] for entry in of_meters(bad))
        details = {entry["error"]["detail"] for entry in of_meters(bad)}
        assert len(details) == METERS, "rubbish itself, another each time, went into the journal"
        assert said(bad) == []
        assert after > before - MOST_GROWTH
        host.plant.control("fault", meter="all", fault=None)
        good = await host.take_until(cycles(2, ok=True))
        lately = of_meters(good)[-METERS:]
        assert [entry["error"] for entry in lately] == [None] * METERS
        assert await host.alarms() == set()


@in_loop
async def test_a_short_circuit_on_and_off_with_a_common_cycle_and_a_continuous_meter() -> None:
    async with reading() as host:
        await host.give(20, {"1": 0})
        await host.take_until(cycles(2, ok=True))
        for _ in range(2):
            host.plant.control("short", on=True)
            await host.until_alarms({("", "bus_overcurrent")})
            cut = await host.take_until(lambda entries: "bus_overcurrent" in said(entries))
            await host.until_idle()  # who was being asked as it came is given up
            cut += await host.take()
            asked = host.plant.control("statistics")["bytes_down"]
            waiting = await host.link.call("logger.state")
            assert waiting["next_due_s"] == 0
            await power_comes_and_goes(host)
            later = await host.link.call("logger.state")
            assert await host.take() == []
            assert host.plant.control("statistics")["bytes_down"] == asked
            assert {name: later[name] for name in SAME} == {name: waiting[name] for name in SAME}
            failed = [entry["error"]["key"] for entry in of_meters(cut) if entry["error"]]
            assert failed in ([], ["bus_short"]), "who was being asked as it came"
            assert await host.alarms() == {("", "bus_overcurrent")}, "no meter is blamed for it"
            host.plant.control("short", on=False)
            back = await host.take_until(cycles(2, ok=True))
            assert said(back)[0] == "bus_recovered"
            assert not [entry for entry in of_meters(back) if entry["error"]]
            often = Counter(entry["address"] for entry in of_meters(back))
            assert often["1"] > max(often[address] for address in ALL - {"1"}), "it is continuous"
            await host.until_alarms(set())


SAME = ("meters", "last", "late", "next_due_s")
"""What of the logger's state stands still while the bus is cut off."""


async def power_comes_and_goes(host: Host) -> None:
    """Wait until the board has tried the bus, and cut it off again."""
    for powered in (True, False):
        while host.plant.control("io")["powered"] != [powered]:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
