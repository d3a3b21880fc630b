"""A core on a damaged database starts on the backup, says so, takes what the board holds."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from host.core import client
from host.store import backup
from tests.fakes import history
from tests.fakes.board_over_tcp import BoardOverTcp, answer
from tests.fakes.loop import in_loop

ROOT = Path(__file__).resolve().parents[3]


async def start_core(data: Path, url: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "host", "core", "--data", str(data), "--port", url),
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
    )


def spoil(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))


@in_loop
async def test_the_backup_comes_and_the_board_hands_over_what_it_holds(path: Path) -> None:
    data = path.parent
    history.filled(path, hours=10)
    before = history.stored(path)
    backup.keep(data, datetime.now(UTC))
    spoil(path)
    async with BoardOverTcp() as board:
        held = [answer(1, 77)]
        board.board.journal.add(
            {
                "ticks_ms": 5,
                "utc_s": int(datetime.now(UTC).timestamp()),
                "segment": 1,
                "address": "1",
                "baud": 2400,
                "kind": "meter",
                "telegrams": held,
                "error": None,
            }
        )
        core = await start_core(data, board.url)
        async with asyncio.timeout(30):
            while not board.acknowledged:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        async with client.connect(data) as line:
            assert line is not None
            state = await line.call("state")
        core.terminate()
        _, said = await core.communicate()
    assert core.returncode == 0
    told = said.decode()
    assert "mbuslink core: the database was damaged; now it is the backup of" in told
    assert told.count("mbuslink core:") == 1
    assert state["fault"].startswith("the database was damaged")
    assert "the database was restored" in (data / "log" / "core.log").read_text()
    stored = history.stored(path)
    assert before.items() <= stored.items()
    assert held in stored.values()


@in_loop
async def test_without_a_backup_it_says_what_to_do_and_stops(path: Path) -> None:
    spoil(path)
    core = await start_core(path.parent, "tcp://127.0.0.1:1")
    _, said = await core.communicate()
    assert core.returncode == 78
    assert b"python -m host restore FILE" in said
    assert b"Traceback" not in said
