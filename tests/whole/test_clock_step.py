"""The host's clock is set an hour on or back, and the host sets the board's: once is still once.

The host's link, the board's link server, logger, journal and inputs are the real ones, in time that
jumps; a second is a second of the loop, whatever the clocks say. The host sets the board's clock
every ten minutes.
"""

import asyncio
import contextlib
import functools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from firmware.inputs.inputs import Inputs
from host.device.board import Board
from host.device.facts import Entry
from host.device.link import BoardLink
from tests.fakes.board import TELEGRAM, Cable, FakeBoard, FakeHal
from tests.fakes.loop import in_jumping_time

DATE = 1796083200  # 2026-12-01 00:00 UTC
HOUR_S = 3600
CYCLE_S = 900
METERS = ("1", "2", "3")
S0 = "S0-1"
PERIOD_S = {"1": CYCLE_S, "2": CYCLE_S, "3": 2 * CYCLE_S, S0: CYCLE_S}


def now_s() -> float:
    return asyncio.get_running_loop().time()


class RunningClock(FakeHal):
    """Its clock goes on once it is set."""

    def utc_s(self) -> int | None:
        return None if self.utc is None else self.utc + int(now_s() - self.set_at)

    def set_utc(self, utc_s: int) -> None:
        super().set_utc(utc_s)
        self.set_at = now_s()


class BoardWithInputs(FakeBoard):
    """A board whose clock goes, with one S0 input that is logged."""

    make_hal = RunningClock

    def make_inputs(self) -> Inputs:
        async def entries() -> list[dict[str, Any]]:
            return [{"address": S0, "telegrams": [TELEGRAM]}]

        async def none() -> list[dict[str, Any]]:
            return []

        parts = (
            SimpleNamespace(entries=entries, state=list),
            SimpleNamespace(entries=none, state=list),
            SimpleNamespace(state=list),
            SimpleNamespace(keep_inputs=len, note=len, active=list),
            SimpleNamespace(energised=[]),
        )
        return Inputs(self.hal, self.journal, *parts, self.server.tell)


class Site:
    """A host with its clock, and all that it has taken home: (second of the loop, entry)."""

    def __init__(self, utc_s: int) -> None:
        self.board = BoardWithInputs()
        self.board.worker.answers = {address: [TELEGRAM] for address in METERS}
        self.board.worker.duration_s = 2
        self.ahead_s = utc_s - now_s()
        link = functools.partial(BoardLink, open=Cable(self.board).open, utc=self.utc_s)
        self.host = Board("/dev/ttyACM0", link=link)
        self.home: list[tuple[float, Entry]] = []

    def utc_s(self) -> float:
        return now_s() + self.ahead_s

    def step(self, seconds: int) -> None:
        self.ahead_s += seconds

    async def give(self) -> None:
        """Hand over the schedule: a common cycle, one meter with its own, a reading date."""
        meters: list[dict[str, Any]] = [{"address": address, "cycle_s": None} for address in METERS]
        meters[2]["cycle_s"] = PERIOD_S["3"]
        whole: dict[str, Any] = {"revision": "00000001", "cycle_s": CYCLE_S, "meters": meters}
        whole |= {"dates": [[12, 1, 0]], "offsets": [[0, 0]], "total": len(METERS), "first": 0}
        await self.host.give_schedule(whole)

    async def run(self, seconds: float) -> None:
        """Let time pass; the host takes home what comes."""
        end = now_s() + seconds
        while now_s() < end:
            await asyncio.sleep(5)
            page = await self.host.fetch()
            self.home += [(now_s(), entry) for entry in page.entries if entry.kind != "status"]
            if page.entries:
                await self.host.acknowledge(page.entries[-1].boot, page.entries[-1].number or 0)

    def dates(self) -> Counter[str]:
        """Return how often each meter was read for a reading date."""
        return Counter(entry.address for _, entry in self.home if entry.kind == "date")

    def slots(self, address: str, began_s: float, dates: bool) -> Counter[int]:
        """Return how often `address` was read in each of its slots; `dates`: for the date too."""
        return Counter(
            int(at - began_s) // PERIOD_S[address]
            for at, entry in self.home
            if entry.address == address and (dates or entry.kind != "date")
        )


@contextlib.asynccontextmanager
async def site(utc_s: int) -> AsyncIterator[Site]:
    made = Site(utc_s)
    made.board.start()
    keeping = asyncio.create_task(made.host.link.run())
    try:
        await made.host.link.connected.wait()
        await made.give()
        yield made
    finally:
        keeping.cancel()
        made.board.stop()
        await asyncio.gather(keeping, return_exceptions=True)


async def over_the_date_by_a_step(made: Site) -> None:
    """Half an hour before the date the clock goes on over it, then back before it."""
    await made.run(HOUR_S / 4)
    made.step(HOUR_S)
    await made.run(HOUR_S / 4)
    made.step(-HOUR_S)
    await made.run(2 * HOUR_S)


async def back_over_the_date(made: Site) -> None:
    """The date comes by itself; the clock goes back before it, and on again over it."""
    await made.run(HOUR_S)
    made.step(-HOUR_S)
    await made.run(HOUR_S / 2)
    made.step(HOUR_S)
    await made.run(HOUR_S)


Story = Callable[[Site], Awaitable[None]]


@pytest.mark.parametrize(
    ("story", "in_slot"), [(over_the_date_by_a_step, False), (back_over_the_date, True)]
)
def test_an_hour_on_and_back_over_a_reading_date(story: Story, in_slot: bool) -> None:
    """Each slot is served once, the date once: by the reading of its slot if it came `in_slot`."""

    @in_jumping_time
    async def whole() -> None:
        async with site(DATE - HOUR_S // 2) as made:
            began_s = now_s()
            await story(made)
            await made.run(CYCLE_S / 2)
            took_s = int(now_s() - began_s)
        assert made.dates() == dict.fromkeys(METERS, 1)
        for address, period_s in PERIOD_S.items():
            served = made.slots(address, began_s, dates=in_slot)
            assert served == dict.fromkeys(range(took_s // period_s + 1), 1), address
        numbers = [entry.number for _, entry in made.home]
        assert numbers == sorted(set(numbers))
        assert not [entry.error for _, entry in made.home if entry.error]

    whole()
