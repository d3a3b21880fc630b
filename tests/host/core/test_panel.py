"""D7, D8: the LCD is followed while somebody looks, and the keys are pressed in somebody's name."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

from host.core.events import Event, Events, PanelChanged
from host.core.panel import WATCHED_S, Panel
from host.store import audit, database, migrate
from host.store.writer import Writer
from shared.errors import LinkLost, MbuslinkError, RemoteError
from shared.link.messages import MOST_BANDS
from tests.fakes.loop import in_loop


class Board:
    """A board whose picture is `bands`; `broken`: raised by the next look."""

    def __init__(self) -> None:
        self.bands = [bytes([number]) * 128 for number in range(8)]
        self.looks = 0
        self.broken: MbuslinkError | None = None
        self.pressed: list[str] = []

    async def look(self, marks: list[int | None]) -> dict[str, Any]:
        self.looks += 1
        await asyncio.sleep(0)
        if self.broken:
            raise self.broken
        other = [n for n in range(8) if crc32(self.bands[n]) != marks[n]][:MOST_BANDS]
        bands = [{"band": n, "dots": self.bands[n].hex()} for n in other]
        told = {"display": True, "lit": True, "leds": [1, 2]}
        return {**told, "bands": bands, "text": "words" if bands else None}

    async def press(self, gesture: str) -> None:
        self.pressed.append(gesture)


class House:
    def __init__(self, data: Path) -> None:
        self.board, self.events, self.now = Board(), Events(), 100.0
        self.heard: list[Event] = []
        self.events.subscribe(self._hear)
        self.news = asyncio.Event()
        self.writer = Writer(database.database_path(data))
        self.panel = Panel(self.board, self.writer, self.events, lambda: self.now)  # type: ignore[arg-type]

    def _hear(self, event: Event) -> None:
        self.heard.append(event)
        self.news.set()

    async def seen(self) -> PanelChanged:
        """Return the next picture."""
        async with asyncio.timeout(10):
            await self.news.wait()
        self.news.clear()
        found = self.heard[-1]
        assert isinstance(found, PanelChanged)
        return found

    async def call(self, method: str, **params: Any) -> Any:
        return await self.panel.handlers()[method](**params)


@asynccontextmanager
async def house(data: Path) -> AsyncIterator[House]:
    migrate.upgrade(database.database_path(data))
    one = House(data)
    running = asyncio.create_task(one.panel.run())
    yield one
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await one.writer.close()


@in_loop
async def test_d7_the_whole_picture_is_told_and_then_what_is_another(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.call("panel.look")
        first = await h.seen()
        assert [bytes.fromhex(band) for band in first.bands] == h.board.bands
        assert (first.leds, first.text, len(h.heard)) == ((1, 2), "words", 1)
        h.board.bands[5] = b"\xff" * 128
        assert (await h.seen()).bands[5] == "ff" * 128
        assert (await h.call("panel.look"))["panel"]["bands"][5] == "ff" * 128


@in_loop
async def test_d7_nobody_looks_nothing_is_asked(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        assert h.board.looks == 0
        await h.call("panel.look")
        await h.seen()
        h.now += WATCHED_S
        await asyncio.sleep(0.6)
        before = h.board.looks
        await asyncio.sleep(0.6)
        assert h.board.looks == before


@in_loop
async def test_d7_a_board_without_a_panel_and_one_that_goes(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.call("panel.look")
        await h.seen()
        h.board.broken = RemoteError("no panel")
        assert not (await h.seen()).display
        h.board.broken = LinkLost("unplugged")
        await h.call("panel.look")
        h.board.broken = None
        await h.call("panel.look")
        assert (await h.seen()).display


@in_loop
async def test_d8_a_press_is_done_and_written_down(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.call("panel.press", gesture="enter_held", who="Olga")
        (entry,) = await h.writer.read(lambda session: audit.newest(session, 9))
        assert h.board.pressed == ["enter_held"]
        assert (entry.who, entry.what, entry.which) == ("Olga", "panel.pressed", "enter_held")
