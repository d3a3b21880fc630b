"""The power of a real board fails at random while no host is there; then the host comes.

Twin, plant and host are the real ones. What the board had in flash must be in the database, once,
byte for byte and in order, and reading must go on meanwhile.
"""

import asyncio
import contextlib
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from host.device.async_conversation import AsyncConversation, Notified
from host.store import layouts
from shared.link.messages import BOARD
from shared.mbus import telegram
from tests.fakes.loop import in_loop
from tests.fakes.plant import running_plant
from tests.fakes.twin import Terminal, TwinProcess, running_twin
from tests.whole.test_kill_core import ROOT, start_core, stored

SCALE = 20
METERS = 6
LIVES = 4
SAFE_AFTER_S = 75  # of the board's time: it writes after 60 s, and may wait for a meter
Told = dict[tuple[int, int], bytes]


@contextlib.asynccontextmanager
async def link_to(
    twin: TwinProcess, on_notification: Notified | None = None
) -> AsyncIterator[AsyncConversation]:
    reader, writer = await asyncio.open_connection(*twin.serial_tcp)
    conversation = AsyncConversation(BOARD, reader, writer, on_notification=on_notification)
    running = asyncio.create_task(conversation.run())
    try:
        await conversation.call("hello", timeout_ms=10_000)
        yield conversation
    finally:
        running.cancel()


async def read_all(link: AsyncConversation, addresses: list[str]) -> Told:
    """Have the board read and keep all meters; return what it read."""
    told: Told = {}
    how: dict[str, Any] = {"snd_nke": True, "application_reset": None, "settle_ms": 0}
    for address in addresses:
        entry = await link.call(
            "meter.read",
            timeout_ms=20_000,
            address=address,
            baud=2400,
            keep=True,
            retries=2,
            **how,
        )
        assert entry["error"] is None, entry
        told[entry["boot"], entry["number"]] = bytes.fromhex("".join(entry["telegrams"]))
    return told


async def kill(twin: TwinProcess) -> None:
    """Cut the power and give it back; return when the firmware runs again."""
    terminal = Terminal(twin.port)
    twin.control("kill")
    await asyncio.to_thread(terminal.until, b"\x1e")


@pytest.mark.slow
@pytest.mark.twin
@pytest.mark.timeout(180)
@in_loop
async def test_power_cuts_with_the_host_away_lose_nothing_that_was_in_flash(tmp_path: Path) -> None:
    chance = random.Random(20261122)
    safe: Told = {}
    perhaps: Told = {}
    with running_plant(METERS, time_scale=SCALE) as plant, running_twin(plant.bus, SCALE) as twin:
        addresses = [m["secondary"] for m in plant.meters]
        for _ in range(LIVES):
            async with link_to(twin) as link:
                safe |= await read_all(link, addresses)
                await asyncio.sleep(SAFE_AFTER_S / SCALE)
                perhaps |= await read_all(link, addresses[: chance.randrange(METERS)])
            await asyncio.sleep(chance.uniform(0, SAFE_AFTER_S / SCALE))
            await kill(twin)
        async with link_to(twin) as link:
            held = (await link.call("board.state"))["journal_held"]
        starts = LIVES + 1  # each is told of by an entry of its own
        assert len(safe) <= held <= len(safe) + len(perhaps) + starts
        rows = await brought_home(tmp_path, twin, addresses, Counter(safe.values()))
    assert set(rows.values()) == {1}, "a reading was stored twice"
    for frame in (frame for frames in rows for frame in layouts.split(frames)):
        assert telegram.decode(frame).error is None, "a reading was damaged"
    assert set(rows) - set(safe.values()) - set(perhaps.values()), "reading did not go on"


async def brought_home(
    data: Path, twin: TwinProcess, addresses: list[str], wanted: Counter[bytes]
) -> Counter[bytes]:
    """Run a host until it has all readings that are `wanted`; return all that it has then."""
    adding = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "host", "add", "--data", str(data), *addresses),
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await adding.wait() == 0
    core = await start_core(data, f"tcp://{twin.serial_tcp[0]}:{twin.serial_tcp[1]}")
    rows: Counter[bytes] = Counter()
    try:
        async with asyncio.timeout(60):
            while not wanted < rows:
                await asyncio.sleep(0.3)
                rows = stored(data)
    finally:
        core.terminate()
        await asyncio.wait_for(core.wait(), 10)
    return stored(data)
