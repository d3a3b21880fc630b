"""When the journal writes to flash: with the host away, between telegrams; else never."""

import asyncio
import contextlib
import errno
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from firmware import kept_values
from firmware.journal.batch import Batch
from firmware.journal.journal import Journal
from firmware.journal.segment import Segment
from firmware.journal.series import Series, place_of
from firmware.journal.store import Store
from tests.fakes.loop import in_loop


class Hal:
    """Time goes on by sleeping."""

    boot = 3
    scale = 1

    def __init__(self) -> None:
        self.now_ms = 1000

    def ticks_ms(self) -> int:
        return self.now_ms & 0x3FFFFFFF

    def utc_s(self) -> int:
        return 1_795_371_000 + self.now_ms // 1000

    async def sleep_ms(self, ms: int) -> None:
        self.now_ms += ms
        await asyncio.sleep(0)


class Gate:
    """The quiet of the buses: notes whether a write came outside of it."""

    def __init__(self) -> None:
        self.is_quiet = False
        self.opened = 0

    @asynccontextmanager
    async def quiet(self) -> AsyncIterator[None]:
        await asyncio.sleep(0)
        self.is_quiet = True
        self.opened += 1
        yield
        self.is_quiet = False


class Never:
    """A bus that is never quiet."""

    async def __aenter__(self) -> None:
        await asyncio.Event().wait()

    async def __aexit__(self, *_: object) -> None:
        pass


class Board:
    def __init__(self, folder: Path, room: int = 24576) -> None:
        self.hal = Hal()
        self.gate = Gate()
        self.store = Store(str(folder / "journal"))
        self.journal = Journal(self.hal, room, store=self.store, quiet=self.gate.quiet)
        self.writes = 0
        self.broken = False
        self.is_dying = False
        self._append = self.store.append
        self.store.append = self.append

    def append(self, batch: Any) -> bool:
        assert self.gate.is_quiet or self.is_dying, "a write while a telegram may come"
        if self.broken:
            batch.cancel()
            raise OSError(errno.EIO, "EIO")
        self.writes += 1
        return self._append(batch)

    def add(self, size: int = 60) -> None:
        self.journal.add(
            {
                "ticks_ms": self.hal.ticks_ms(),
                "utc_s": self.hal.utc_s(),
                "segment": 1,
                "address": str(self.journal.newest % 9),
                "baud": 2400,
                "kind": "meter",
                "telegrams": [bytes(size)],
                "error": None,
            }
        )

    async def pass_s(self, seconds: float) -> None:
        end_ms = self.hal.now_ms + 1000 * seconds
        while self.hal.now_ms < end_ms:  # noqa: ASYNC110 - time goes on by the journal's own task
            await asyncio.sleep(0)

    async def all(self) -> list[int]:
        numbers: list[int] = []
        place = (0, 0)
        while page := await self.journal.fetch(*place, 32):
            numbers += [entry["number"] for entry in page]
            place = place_of(page[-1])
        return numbers


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


def load(store: Store) -> None:
    for _ in store.load():
        pass


def running(board: Board) -> "asyncio.Task[None]":
    return asyncio.get_running_loop().create_task(board.journal.run())


@in_loop
async def test_where_memory_is_short_entries_go_into_flash_early(board: Board) -> None:
    board.journal = Journal(
        board.hal, store=board.store, quiet=board.gate.quiet, free=lambda: 20_000
    )
    task = running(board)
    for _ in range(15):
        board.add()
    await board.pass_s(2)
    assert board.writes > 0
    assert await board.all() == list(range(1, 16))
    assert board.journal.lost == 0
    task.cancel()


@in_loop
async def test_without_memory_to_pack_entries_stay_and_the_task_goes_on(board: Board) -> None:
    pack = board.store.pack

    def fail(*_: object) -> bool:
        raise MemoryError

    board.store.pack = fail
    task = running(board)
    board.add()
    await board.pass_s(70)
    assert not task.done()
    assert board.journal.fault is None, "people would be told that their flash is missing"
    board.store.pack = pack
    await board.pass_s(20)
    assert board.writes == 1
    assert await board.all() == [1]
    assert board.journal.fault is None
    task.cancel()


@in_loop
async def test_with_a_host_flash_is_never_written(board: Board) -> None:
    task = running(board)
    handlers = board.journal.handlers()
    for _ in range(200):
        board.add()
        await board.pass_s(5)
        page = await handlers["journal.fetch"]({"boot": 0, "after": 0, "limit": 32})
        last = page["entries"][-1]
        await handlers["journal.acknowledge"]({"boot": last["boot"], "number": last["number"]})
    assert board.writes == 0
    assert board.gate.opened == 0
    assert board.journal.held == 0
    task.cancel()


@in_loop
async def test_with_the_host_away_an_entry_waits_a_minute(board: Board) -> None:
    task = running(board)
    board.add()
    await board.pass_s(50)
    assert board.writes == 0
    board.add()
    await board.pass_s(20)
    assert board.writes == 1  # both in one go
    assert board.store.left == 2
    assert board.journal.held == 2
    task.cancel()


@in_loop
async def test_half_full_does_not_wait(board: Board) -> None:
    task = running(board)
    for _ in range(60):
        board.add(200)
        await board.pass_s(0.5)
    assert board.writes >= 1
    assert board.journal.lost == 0
    assert await board.all() == list(range(1, 61))
    task.cancel()


@in_loop
async def test_the_end_of_a_round_writes_only_without_a_host(board: Board) -> None:
    task = running(board)
    board.add()
    await board.journal.handlers()["journal.fetch"]({"boot": 0, "after": 0, "limit": 1})
    await board.journal.flush()
    assert board.writes == 0
    await board.pass_s(20)
    await board.journal.flush()
    assert board.writes == 1
    task.cancel()


@in_loop
async def test_a_host_that_comes_while_entries_are_packed_loses_nothing(board: Board) -> None:
    """At every step of packing: all is acknowledged, and new entries come."""
    task = running(board)
    await board.pass_s(1)
    for steps in range(14):
        for _ in range(10):
            board.add()
        flushing = asyncio.get_running_loop().create_task(board.journal._flush())
        for _ in range(steps):
            await asyncio.sleep(0)
        newest = board.journal.newest
        board.journal.acknowledge(3, newest)
        board.add()
        await flushing
        assert await board.all() == [newest + 1]
        await board.journal._flush()
        board.store.tidy()
        assert await board.all() == [newest + 1]
        assert board.journal.held == 1
    task.cancel()


@in_loop
async def test_what_ram_drops_while_it_is_packed_is_lost_only_if_the_batch_is(board: Board) -> None:
    """At every step of packing, entries come that need the room."""
    load(board.store)
    for fails in (False, True):
        for steps in range(1, 40, 3):
            board.journal = Journal(board.hal, 10_000, store=board.store, quiet=board.gate.quiet)
            board.journal._ready.set()
            lost, left = board.store.lost, board.store.left
            for _ in range(30):
                board.add()
            flushing = asyncio.get_running_loop().create_task(board.journal._flush())
            for _ in range(steps):
                await asyncio.sleep(0)
            for _ in range(20):
                board.add()
            board.broken = fails
            with contextlib.suppress(OSError):
                await flushing
            board.broken = False
            kept = board.journal.held - left
            assert kept + board.store.lost - lost == 50, (fails, steps)
            await board.journal._flush()
            board.journal.acknowledge(3, board.journal.newest)
            board.hal.boot += 1
            board.store = Store(board.store._folder)
            load(board.store)
            board._append = board.store.append
            board.store.append = board.append


@in_loop
async def test_a_write_that_fails_leaves_nothing_in_the_index(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever fails: making the bytes, the file, making room. Later batches can be read."""
    board.is_dying = True
    load(board.store)
    board.store._room = 4 * 4096
    board.store._readings._size = 4096
    board.journal._ready.set()
    for number in range(240):
        board.add(100 + number % 90)  # shapes of their own: each needs a base
        if number % 20 == 19:
            await board.journal.save()

    def fail(error: BaseException) -> Callable[..., Any]:
        def raiser(*_: object, **__: object) -> Any:
            raise error

        return raiser

    for place, name, error in (
        (Batch, "data", MemoryError()),
        (Segment, "_note_batch", MemoryError()),
        (os, "remove", OSError(errno.EIO, "EIO")),
        (kept_values, "save", OSError(errno.EIO, "EIO")),
        (Series, "append", OSError(errno.EIO, "EIO")),
    ):
        failed = 0
        for _ in range(99):
            if failed == 3:
                break
            board.add(60 + board.journal.newest % 200)
            with monkeypatch.context() as patch:
                patch.setattr(place, name, fail(error))
                try:
                    await board.journal.save()
                except (OSError, MemoryError):
                    failed += 1
        assert failed == 3, name
        await board.journal.save()
        home = await board.all()
        assert len(home) == board.journal.held, name
        assert home[-1] == board.journal.newest
        assert board.journal.held + board.journal.lost == board.journal.newest, name
    board.store.tidy()
    again = Store(board.store._folder, 4 * 4096)
    load(again)
    assert (again.left, again.lost) == (board.store.left, board.store.lost)


@in_loop
async def test_when_the_power_fails_all_is_written_at_once(board: Board) -> None:
    """Also while the journal waits for a quiet bus, which may never come."""
    task = running(board)
    await board.pass_s(1)
    for waits in (False, True):
        for _ in range(10):
            board.add()
        board.journal._quiet = Never
        if waits:
            flushing = asyncio.get_running_loop().create_task(board.journal._flush())
            for _ in range(20):
                await asyncio.sleep(0)
        board.is_dying = True
        board.journal.power_failing()
        await asyncio.sleep(0)
        assert board.store.left == board.journal.held == board.journal.newest
        if waits:
            flushing.cancel()
    assert await board.all() == list(range(1, 21))
    task.cancel()


@in_loop
async def test_broken_flash_is_told_and_tried_again(board: Board) -> None:
    task = running(board)
    board.broken = True
    board.add()
    await board.pass_s(100)
    assert "EIO" in str(board.journal.fault)
    assert await board.all() == [1]
    board.broken = False
    await board.pass_s(100)
    assert board.journal.fault is None
    assert board.store.left == 1
    assert await board.all() == [1]
    task.cancel()


@in_loop
async def test_three_days_away_then_back_while_reading_goes_on(board: Board) -> None:
    """Nine meters every five minutes; then a host that takes 32 at a time between two readings."""
    task = running(board)
    for _ in range(3 * 24 * 12):
        for _ in range(9):
            board.add()
            board.hal.now_ms += 700
        await board.pass_s(60)
        board.hal.now_ms += 230_000
    away = board.journal.newest
    assert away == 7776
    assert board.journal.lost == 0
    home: list[int] = []
    while page := await board.journal.fetch(0, 0, 32):
        home += [entry["number"] for entry in page]
        board.journal.acknowledge(*place_of(page[-1]))
        await board.pass_s(2)
        if len(home) < away:
            board.add()
    assert home == list(range(1, board.journal.newest + 1))
    assert len(home) > away + 200
    await board.pass_s(30)
    assert board.journal.held == 0
    assert os.listdir(board.store._folder) == ["state"]
    task.cancel()


@in_loop
async def test_missing_flash_is_told_at_the_start_and_readings_still_reach_the_host(
    board: Board, tmp_path: Path
) -> None:
    (tmp_path / "journal").write_bytes(b"no folder")
    task = running(board)
    board.add()
    await board.pass_s(200)
    assert board.journal.fault is not None
    assert await board.all() == [1]
    assert board.writes == 0
    await board.journal.save()
    task.cancel()
