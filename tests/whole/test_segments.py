"""A board with three M-Bus outputs reads each meter where it is, all outputs at the same time."""

import asyncio

import pytest

from host.device.board import Board
from host.device.link import State
from shared.errors import BadSetting, NoAnswer
from tests.fakes.loop import in_loop
from tests.fakes.plant import running_plant
from tests.fakes.twin import running_twin


@pytest.mark.twin
@in_loop
async def test_each_segment_has_its_meters() -> None:
    with running_plant(6, baud=2400, segments=3) as plant:
        buses = " ".join(bus["bus"] for bus in plant.buses)
        with running_twin(bus=buses) as twin:
            board = Board(twin.port)
            keeping = asyncio.create_task(board.link.run())
            while board.link.status.state is not State.CONNECTED:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            plant.control("reset_statistics")
            entries = await asyncio.gather(
                *[
                    board.read_meter(m["secondary"], segment=m["segment"], baud=2400)
                    for m in plant.meters
                ]
            )
            figures = [plant.control("statistics", segment=n) for n in (1, 2, 3)]
            assert [entry.error for entry in entries] == [None] * 6
            # One output after the other would be busy for all the time together at most.
            assert sum(one["utilisation"] for one in figures) > 1.2
            elsewhere = await board.read_meter("2", segment=1, baud=2400, retries=0)
            assert isinstance(elsewhere.error, NoAnswer)
            with pytest.raises(BadSetting, match="segment"):
                await board.read_meter("2", segment=4)
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
        answered = [plant.control("statistics", segment=n)["answered"] for n in (1, 2, 3)]
        assert all(answered)
