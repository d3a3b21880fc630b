"""Inputs and outputs from the plant's terminals through the twin to the host's calls."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, contextmanager, suppress

import pytest

from host.device.board import Board
from host.device.facts import Entry
from host.device.inputs import Alarm, Inputs
from shared.errors import LinkLost
from shared.mbus.report import frame_as_dict
from tests.fakes.plant import RunningPlant, running_plant
from tests.fakes.twin import TwinProcess, running_twin
from tests.tools.plant.test_io_port import io_when

pytestmark = pytest.mark.twin
SCALE = 10


@asynccontextmanager
async def connected(twin: TwinProcess) -> AsyncIterator[Board]:
    board = Board(twin.port)
    running = asyncio.create_task(board.link.run())
    try:
        await asyncio.wait_for(board.link.connected.wait(), 10)
        yield board
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until(board: Board, right: Callable[[Inputs], bool]) -> Inputs:
    """Return how the inputs are as soon as `right`; the test's time-out ends the wait."""
    while True:
        inputs = await board.inputs()
        if right(inputs):
            return inputs
        await asyncio.sleep(0.02)


@contextmanager
def installation():
    with (
        running_plant(3, time_scale=SCALE) as plant,
        running_twin(plant.bus, time_scale=SCALE, io=plant.io) as twin,
    ):
        yield plant, twin


def run(scenario: Callable[[RunningPlant, TwinProcess, Board], Awaitable[None]]) -> None:
    async def whole(plant: RunningPlant, twin: TwinProcess) -> None:
        async with connected(twin) as board:
            await until(board, lambda inputs: inputs.temperatures[0].state != "missing")
            await scenario(plant, twin, board)

    with installation() as (plant, twin):
        asyncio.run(whole(plant, twin))


def pulses(inputs: Inputs) -> list[int]:
    return [row.pulses for row in inputs.s0]


def test_pulses_at_the_highest_rate_on_four_inputs_with_bounce_and_spikes():
    async def scenario(plant: RunningPlant, twin: TwinProcess, board: Board) -> None:
        train = {"pulse_ms": 30, "pause_ms": 30, "bounce_ms": 4, "glitch_ms": 3}
        plant.control("pulses", input="all", count=250, **train)
        await until(board, lambda inputs: min(pulses(inputs)) >= 250)
        plant.control("bounce", input="all", ms=100, longest_ms=3)
        plant.control("pulses", input="all", count=1)
        found = await until(board, lambda inputs: min(pulses(inputs)) >= 251)
        assert pulses(found) == plant.control("io")["pulses"] == [251] * 4

    run(scenario)


def test_a_short_circuit_is_cut_off_reported_and_survived():
    async def scenario(plant: RunningPlant, twin: TwinProcess, board: Board) -> None:
        assert (await board.read_meter("1")).error is None
        assert plant.control("io")["relays"] == [False, True]
        plant.control("short", on=True)
        found = await until(board, lambda inputs: inputs.supplies[0].state == "tripped")
        assert found.alarms == (Alarm(1, "", "bus_overcurrent"),)
        assert found.relays == (True, False)
        io_when(plant, lambda state: state["relays"] == [True, False])
        assert plant.control("io")["powered"] == [False]
        plant.control("short", on=False)
        found = await until(board, lambda inputs: inputs.supplies[0].state == "ok")
        assert found.alarms == ()
        io_when(plant, lambda state: state["relays"] == [False, True])
        assert (await board.read_meter("1")).error is None
        page = await board.fetch()
        told = [(e.kind, e.address, str(e.error).split(":")[0]) for e in page.entries]
        assert ("status", "board", "bus_overcurrent") in told
        assert told[-1] == ("status", "board", "bus_recovered")

    run(scenario)


def test_relays_fall_when_the_firmware_is_gone():
    async def scenario(plant: RunningPlant, twin: TwinProcess, board: Board) -> None:
        io_when(plant, lambda state: state["relays"] == [False, True])
        twin.control("kill")
        io_when(plant, lambda state: state["relays"] == [False, False])
        io_when(plant, lambda state: state["relays"] == [False, True])

    run(scenario)


def test_counters_never_run_backwards_over_power_cuts():
    async def scenario(plant: RunningPlant, twin: TwinProcess, board: Board) -> None:
        plant.control("pulses", input=[1, 2], count=None)
        await until(board, lambda inputs: pulses(inputs)[0] > 1200)  # over 60 s: kept since
        plant.control("pulses", input=[1, 2], count=0)
        before = pulses(await board.inputs())
        twin.control("kill")
        after = pulses(await settled(board))
        for had, has in zip(before, after, strict=True):
            assert had - 1100 <= has <= had, "at most the pulses of a minute are lost"
        assert after[0] > 0
        plant.control("pulses", input=1, count=3)
        await until(board, lambda inputs: pulses(inputs)[0] == after[0] + 3)
        plant.control("power_failing")  # with a warning nothing is lost
        await until(board, lambda inputs: True)
        twin.control("kill")
        assert pulses(await settled(board)) == [after[0] + 3, *after[1:]]

    run(scenario)


async def settled(board: Board) -> Inputs:
    """Return how the inputs are after the restart that was just caused."""
    before = board.link.status.board
    assert before
    while True:
        with suppress(LinkLost):
            await board.inputs()
        now = board.link.status.board
        if now and now.boot == before.boot + 1:
            break
        await asyncio.sleep(0.02)
    return await until(board, lambda inputs: inputs.temperatures[0].state != "missing")


def test_temperatures_and_their_faults():
    async def scenario(plant: RunningPlant, twin: TwinProcess, board: Board) -> None:
        def first(inputs: Inputs) -> tuple[str, int | None]:
            return inputs.temperatures[0].state, inputs.temperatures[0].milli_celsius

        for celsius, wanted in (
            (-7.25, ("ok", -7250)),
            ("open", ("open", None)),
            (99.5, ("ok", 99_500)),
            ("short", ("short", None)),
            (-40, ("range", -40_000)),
        ):
            plant.control("temperature", sensor=1, celsius=celsius)
            await until(board, lambda inputs, wanted=wanted: first(inputs) == wanted)

    run(scenario)


def test_inputs_that_are_switched_on_are_logged_as_meters():
    async def scenario(plant: RunningPlant, twin: TwinProcess, board: Board) -> None:
        await board.settings(
            {"s0.2.unit": "kWh", "s0.2.weight_milli": 100, "s0.2.start_milli": 5_000_000}
        )
        plant.control("pulses", input=2, count=20)
        await until(board, lambda inputs: pulses(inputs)[1] == 20)
        await board.settings({"s0.2.active": True, "t.1.active": True})
        await board.link.call(
            "schedule.set",
            revision="00000001",
            cycle_s=10,
            dates=[],
            offsets=[],
            total=0,
            first=0,
            meters=[],
        )
        logged: dict[str, dict] = {}
        while {"S0-2", "T-1"} - set(logged):
            for entry in (await board.fetch()).entries:
                if entry.kind == "input":
                    logged[entry.address] = frame_as_dict(entry.telegrams[0])
            await asyncio.sleep(0.02)
        assert set(logged) == {"S0-2", "T-1"}
        assert logged["S0-2"]["manufacturer"] == "MBL"
        energy = logged["S0-2"]["records"][0]
        assert (energy["quantity"], energy["value"]) == ("Energy", "5002000"), "5000 kWh + 2"
        assert logged["T-1"]["records"][0]["value"] == "21.5"

    run(scenario)


def test_l3_an_input_that_is_switched_on_appears_before_the_next_readout():
    async def scenario(plant: RunningPlant, twin: TwinProcess, board: Board) -> None:
        await board.settings({"t.2.active": True})
        entries: list[Entry] = []
        while not entries:
            entries = [one for one in (await board.fetch()).entries if one.kind == "input"]
            await asyncio.sleep(0.02)
        (entry,) = entries
        assert entry.address == "T-2"
        assert frame_as_dict(entry.telegrams[0])["manufacturer"] == "MBL"

    run(scenario)
