"""kill -9 of the core at random moments: what was acknowledged is there, and nothing twice.

The core is a real process on a real database; the board is the real link server and journal behind
a TCP port. A reading that the board was told to forget must be in the database, whatever happened
to the core in between, and a reading that was delivered twice must be there once.
"""

import asyncio
import contextlib
import os
import random
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from host.store import database, meters, readings
from shared.mbus import telegram
from tests.fakes.board_over_tcp import BoardOverTcp
from tests.fakes.loop import in_loop

ROOT = Path(__file__).resolve().parents[2]
KILLS = 50
METERS = 40


async def start_core(data: Path, url: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "host", "core", "--data", str(data), "--port", url),
        *("--cycle", "10"),
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


def stored(data: Path) -> Counter[bytes]:
    """Return how often each readout (its telegrams) is stored, after a check of the whole file."""
    database.check(database.database_path(data))
    with database.open_reader(database.database_path(data))() as session:
        return Counter(
            b"".join(reading.frames)
            for meter in meters.all(session)
            for reading in readings.list(session, meter.id)
        )


async def register(data: Path, count: int) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "host", "add", "--data", str(data)),
        *(str(number) for number in range(1, count + 1)),
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 0


@pytest.mark.slow
@pytest.mark.timeout(300)
@in_loop
async def test_fifty_kills_lose_nothing_and_store_nothing_twice(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    data = tmp_path_factory.mktemp("kill")
    chance = random.Random(20261122)
    await register(data, METERS)
    async with BoardOverTcp() as board:
        board.worker.duration_s = 0.004
        acknowledging = 0
        for number in range(KILLS):
            before = len(board.acknowledged)
            core = await start_core(data, board.url)
            async with asyncio.timeout(30):
                await board.connected.wait()
            if board.board.journal.held < METERS:  # it has room for a few rounds, not for fifty
                await board.board.logger.handlers()["readout.start"]({"addresses": None})
            # Half of the kills hit a commit or the moment before its acknowledgement, the others
            # come while the next readings are taken.
            async with asyncio.timeout(30):
                while await board.happened.get() != ("delivered", "acknowledged")[number % 2]:
                    pass
            await asyncio.sleep(chance.choice((0, 0.003, 0.01, 0.03, 0.1)))
            os.kill(core.pid, signal.SIGKILL)
            await core.wait()
            acknowledging += len(board.acknowledged) > before
        core = await start_core(data, board.url)
        async with asyncio.timeout(30):
            await board.connected.wait()
        for _ in range(600):
            await asyncio.sleep(0.05)
            if board.idle() and not board.board.journal.held:
                break
        core.terminate()
        assert await asyncio.wait_for(core.wait(), 10) == 0

        rows = stored(data)
        journal = board.board.journal
        told = {(e["boot"], e["number"]): b"".join(e["telegrams"]) for e in board.acknowledged}
        held = {entry["number"]: entry for entry, _ in journal._entries}  # it reads on by itself
        lost = Counter(told.values()) - rows
        assert not lost, f"{lost.total()} of {len(told)} acknowledged readings are not there"
        waiting = Counter(b"".join(entry["telegrams"]) for entry in held.values())
        assert not rows - waiting - Counter(told.values()), "a reading was stored twice"
        assert journal.lost == 0
        here = {number for _, number in told}
        assert here | set(held) == set(range(1, journal.newest + 1)), "a reading is missing"
        assert KILLS // 2 <= acknowledging < KILLS, "no kill came before an acknowledgement"
        for frames in rows:
            assert telegram.decode(frames).error is None
    with contextlib.suppress(ProcessLookupError):
        core.kill()
