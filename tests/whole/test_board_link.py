"""The host's link to the twin through faults of cable and board, with real bytes all the way."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from host.device.link import BoardLink
from shared.errors import LinkLost
from tests.fakes.plant import running_plant
from tests.fakes.twin import TwinProcess, running_twin

pytestmark = pytest.mark.twin
READ = {"baud": 2400, "snd_nke": True, "application_reset": None, "retries": 1, "settle_ms": 0}


@contextlib.asynccontextmanager
async def keeping_link(twin: TwinProcess) -> AsyncIterator[BoardLink]:
    link = BoardLink(twin.port)
    running = asyncio.create_task(link.run())
    try:
        await asyncio.wait_for(link.connected.wait(), 10)
        yield link
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def read(link: BoardLink) -> dict[str, Any]:
    return await link.call("meter.read", timeout_ms=8000, address="1", keep=False, **READ)


async def lose_and_regain(link: BoardLink, lose: Callable[[], Any], regain: Callable[[], Any]):
    """Break something in the middle of a read; return once the link is back and reads again."""
    before = link.status.board
    reading = asyncio.create_task(read(link))
    await asyncio.sleep(0)
    await asyncio.to_thread(lose)
    with pytest.raises(LinkLost):
        await reading
    await asyncio.to_thread(regain)
    await asyncio.wait_for(link.connected.wait(), 10)
    assert (await read(link))["error"] is None
    assert before
    assert link.status.board
    return link.status.board.boot - before.boot


def test_unplugged_killed_and_reset_in_the_middle_of_a_read():
    async def scenario(twin: TwinProcess) -> list[int]:
        async with keeping_link(twin) as link:
            return [
                await lose_and_regain(
                    link, lambda: twin.control("unplug"), lambda: twin.control("replug")
                ),
                await lose_and_regain(link, lambda: twin.control("kill"), lambda: None),
                await lose_and_regain(link, lambda: twin.control("reset"), lambda: None),
            ]

    with running_plant(2) as plant, running_twin(plant.bus) as twin:
        assert asyncio.run(scenario(twin)) == [0, 1, 1]  # boots passed


def test_a_megabyte_of_garbage_changes_nothing():
    noise = random.Random(1).randbytes(1_000_000).replace(b"\x03", b"")

    async def scenario(twin: TwinProcess) -> int:
        async with keeping_link(twin) as link:
            before = link.status.board
            assert link._talk
            link._talk.send_raw(noise + b"\n")
            while True:
                await asyncio.wait_for(link.connected.wait(), 20)
                with contextlib.suppress(LinkLost):
                    return (await link.call("hello", timeout_ms=20_000))["boot"] - before.boot

    with running_twin() as twin:
        assert asyncio.run(scenario(twin)) == 0
