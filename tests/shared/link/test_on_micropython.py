"""The same conversation with real MicroPython, in the heap of a board, at the other end."""

import asyncio
import random
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from host.device.board import Board
from host.device.link import BoardLink, State
from shared.errors import BadSetting, NoAnswer
from shared.link import messages
from tests.fakes.loop import in_loop

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = "tests/fakes/board_on_micropython.py"


class Process:
    """A MicroPython whose standard input and output are the port."""

    async def start(self) -> None:
        program = shutil.which("micropython")
        assert program, "micropython is not on PATH: run tools/test"
        self._process = await asyncio.create_subprocess_exec(
            *(program, "-X", "heapsize=240k", PROGRAM),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )

    async def open(self, url: str) -> Any:
        return self._process.stdout, self._process.stdin

    def type(self, data: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(data)

    async def drained(self) -> None:
        assert self._process.stdin is not None
        await self._process.stdin.drain()

    async def stop(self) -> None:
        self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def board() -> AsyncIterator[tuple[Board, Process]]:
    process = Process()
    await process.start()
    client = Board("stdio", link=lambda url, **given: BoardLink(url, open=process.open, **given))
    running = asyncio.create_task(client.link.run())
    try:
        await asyncio.wait_for(client.link.connected.wait(), 20)
        yield client, process
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await process.stop()


@in_loop
async def test_both_pythons_have_the_same_table_and_words() -> None:
    async with board() as (client, _):
        known = client.link.status.board
        assert known is not None
        assert known.fingerprint == messages.BOARD.fingerprint()
        entry = await client.read_meter("3", keep=True)
        assert [telegram[0] for telegram in entry.telegrams] == [0, 1, 2]
        assert entry.number == 1
        assert isinstance((await client.read_meter("0")).error, NoAnswer)
        with pytest.raises(BadSetting, match="the newest entry is 1, not 9"):
            await client.acknowledge(1, 9)
        assert "reading 3" in client.link.console


@in_loop
async def test_long_and_many_readings_fit_the_heap() -> None:
    async with board() as (client, _):
        await client.read_meter("32")  # the first takes memory for good: names, the link's lists
        free = (await client.state()).heap_free
        for _ in range(10):
            longest = await asyncio.gather(*[client.read_meter("32") for _ in range(3)])
            assert all(len(entry.telegrams) == 32 for entry in longest)
            await asyncio.gather(*[client.read_meter("4", keep=True) for _ in range(10)])
        state = await client.state()
        assert state.journal.newest == 100
        assert state.journal.lost > 0
        assert (await client.fetch()).entries[0].number == state.journal.lost + 1
        await client.acknowledge(1, 100)
        assert (await client.state()).heap_free > free - 8000


@in_loop
async def test_a_megabyte_of_garbage_changes_nothing() -> None:
    rng = random.Random(3)
    async with board() as (client, process):
        free = (await client.state()).heap_free
        for garbage in [rng.randbytes(1 << 17) for _ in range(6)] + [b"\x1e" + b"[" * (1 << 18)]:
            process.type(garbage)
            await process.drained()
            assert (await client.state()).boot == 1
        state = await client.state()
        assert state.link_damaged > 0
        assert state.heap_free > free - 8000
        assert client.link.status.state is State.CONNECTED
