"""A host that never stops asking does not slow the bus: the same telegrams, in time, no retry."""

import asyncio

import pytest

from host.device.board import Board
from host.device.link import State
from tests.fakes.loop import in_loop
from tests.fakes.plant import running_plant
from tests.fakes.twin import running_twin

METERS = [{"profile": "water", "primary": n, "serial": 62140000 + n} for n in range(1, 11)]


@pytest.mark.twin
@in_loop
async def test_a_host_asking_50_times_a_second_costs_no_telegram() -> None:
    with running_plant(METERS, baud=9600) as plant, running_twin(bus=plant.bus) as twin:
        board = Board(twin.port)
        keeping = asyncio.create_task(board.link.run())
        while board.link.status.state is not State.CONNECTED:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        asked = 0

        async def ask() -> None:
            nonlocal asked
            while True:
                await board.state()
                asked += 1
                await asyncio.sleep(0.02)

        asking = asyncio.create_task(ask())
        for meter in plant.meters:
            entry = await board.read_meter(str(meter["primary"]), baud=9600)
            assert entry.error is None
        asking.cancel()
        keeping.cancel()
        await asyncio.gather(asking, keeping, return_exceptions=True)
        figures = plant.control("statistics")
    assert asked > 20
    assert figures["frames_down"] == figures["answered"] == 2 * len(METERS)
    assert figures["idle_violations"] == figures["interruptions"] == 0
