"""Faults as a user meets them: the real plant, a real twin, the real host, one clear message each.

Every fault is told where the user looks (the command's words, `state`, the log) with the thing and
the next step, nobody sees a traceback, and what was stored stays stored, once.
"""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from host.core import client
from host.store import database, meters, readings
from shared.errors import LinkLost
from tests.fakes.loop import in_loop
from tests.fakes.plant import RunningPlant, running_plant
from tests.fakes.twin import TwinProcess, running_twin
from tests.whole.test_host_run import alive, host, running

pytestmark = pytest.mark.twin
SCALE = 5
METERS = ("1", "2", "3")


@pytest.fixture(scope="module")
def plant() -> Iterator[RunningPlant]:
    with running_plant(4, time_scale=SCALE) as it:
        yield it


@pytest.fixture
def twin(plant: RunningPlant) -> Iterator[TwinProcess]:
    with running_twin(plant.bus, SCALE) as it:
        yield it


@pytest.fixture
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("f")


async def ask(data: Path, method: str, **params: Any) -> dict[str, Any]:
    async with client.connect(data) as core:
        assert core is not None
        return await core.call(method, **params)


async def until_state(data: Path, **wanted: Any) -> dict[str, Any]:
    """Wait until the core says so; a value that can be called judges what the core says."""
    state: dict[str, Any] = {}
    for _ in range(400):
        async with client.connect(data) as core:
            state = await core.call("state") if core is not None else {}
        told = [(state.get(name), value) for name, value in wanted.items()]
        if all(value(got) if callable(value) else got == value for got, value in told):
            return state
        await asyncio.sleep(0.05)
    raise AssertionError(f"{wanted}: not in {state}")


async def read_all(data: Path) -> None:
    """Read all meters and wait until the round is over."""
    before = (await until_state(data, link="connected", readout=None))["last_readout"]
    await ask(data, "readout.start", meters=None)
    await until_state(data, readout=None, last_readout=lambda last: last and last != before)


def stored(data: Path) -> Counter[tuple[str, bytes]]:
    """Return how often each (address, telegrams) is stored; meters count their answers."""
    path = database.database_path(data)
    database.check(path)
    with database.reading(path) as session:
        found = Counter(
            (meter.address, b"".join(reading.frames))
            for meter in meters.all(session)
            for reading in readings.list(session, meter.id)
        )
    assert set(found.values()) <= {1}, "a reading was stored twice"
    return found


def log(data: Path, process: str = "core") -> str:
    return (data / "log" / f"{process}.log").read_text()


@in_loop
async def test_a_board_unplugged_is_told_and_comes_back(data: Path, twin: TwinProcess) -> None:
    await host("add", "--data", data, *METERS)
    async with running(data, twin.port) as run:
        await until_state(data, last_readout=bool, readout=None, readings_stored=len(METERS))
        before = stored(data)
        await asyncio.to_thread(twin.control, "unplug")
        gone = await until_state(data, link="not_connected", link_detail=lambda d: "plug in" in d)
        assert twin.port in gone["link_detail"]
        with pytest.raises(LinkLost, match="plug in the board"):
            await ask(data, "readout.start", meters=None)
        said = await host("read", "--data", data, "1")
        assert (said.status, said.out) == (1, "")
        assert said.err == f"mbuslink: {gone['link_detail']}\n"
        await asyncio.to_thread(twin.control, "replug")
        await read_all(data)
        assert before < stored(data)
        assert (await run.stop()).status == 0
    assert "Traceback" not in log(data)


@in_loop
async def test_a_twin_killed_in_the_midst_of_a_readout_loses_nothing_stored(
    data: Path, plant: RunningPlant, twin: TwinProcess
) -> None:
    await host("add", "--data", data, *METERS)
    async with running(data, twin.port):
        await until_state(data, last_readout=bool, readout=None, readings_stored=len(METERS))
        before = stored(data)
        await ask(data, "readout.start", meters=None)
        await until_state(data, readout=lambda now: now and now["done"] >= 1)
        twin.process.kill()
        await until_state(data, link="not_connected", readout=bool)
        (twin.directory / "tty").unlink(missing_ok=True)
        again = await asyncio.to_thread(TwinProcess, twin.directory, plant.bus, SCALE)
        try:
            await until_state(data, link="connected", readout=None, last_readout=bool)
            await until_state(data, readings_stored=lambda count: count >= 2 * len(METERS))
            assert before < stored(data)
        finally:
            again.stop()
    assert log(data).count("schedule handed over") == 1  # the board had kept it
    assert "Traceback" not in log(data)


@in_loop
async def test_a_plant_that_goes_away_and_comes_back(data: Path) -> None:
    with contextlib.ExitStack() as all_of_it:
        with running_plant(2, time_scale=SCALE) as plant:
            twin = all_of_it.enter_context(running_twin(plant.bus, SCALE))
            await host("add", "--data", data, "1")
            run = running(data, twin.port)
            await run.__aenter__()
            await until_state(data, readout=None, readings_stored=1)
        try:
            said = await host("read", "--data", data, "1")
            assert (said.status, said.out) == (1, "")
            assert plant.bus in said.err
            assert "is the converter on" in said.err
            with running_plant(2, time_scale=SCALE, bus_port=plant.bus_address[1]):
                again = await host("read", "--data", data, "1")
                assert (again.status, again.err) == (0, "")
        finally:
            await run.__aexit__(None, None, None)
    assert len(stored(data)) == 2


FAULTS = {
    "silent": "nothing heard",
    "checksum": "",
    "rubbish": "",
    "truncated": "",
    "wrong_address": "asked 1, answered by 2",
    "application_error": "reports 8",
}


@in_loop
async def test_a_meter_that_lies_is_named_with_what_it_did(
    data: Path, plant: RunningPlant, twin: TwinProcess
) -> None:
    try:
        for fault, words in FAULTS.items():
            plant.control("fault", meter=1, fault=fault)
            said = await host("read", "--data", data, "--port", twin.port, "1", "--json")
            assert said.status == 1, fault
            assert said.err.startswith("mbuslink: meter 1 not read: "), said.err
            assert said.err.count("\n") == 1, said.err
            assert words in said.err
            assert not any(json.loads(line)["ok"] for line in said.out.splitlines()), fault
    finally:
        plant.control("fault", meter=1, fault=None)
    assert (await host("read", "--data", data, "--port", twin.port, "1")).status == 0
    absent = await host("read", "--data", data, "--port", twin.port, "77")
    assert (absent.status, absent.out) == (1, "")
    assert "meter 77 not read" in absent.err


@in_loop
async def test_a_port_in_use_is_told_and_taken_when_free(
    data: Path, twin: TwinProcess, tmp_path: Path
) -> None:
    async with running(data, twin.port) as first:
        await until_state(data, link="connected")
        read = await host("read", "--data", tmp_path / "none", "--port", twin.port, "1")
        assert read.status == 1
        assert f"{twin.port}: in use by another program" in read.err
        other = tmp_path / "b"
        async with running(other, twin.port):
            told = await until_state(other, link="not_connected")
            assert "in use by another program" in told["link_detail"]
            assert "stop it" in told["link_detail"]
            assert (await until_state(data))["link"] == "connected"
            await first.stop()
            await until_state(other, link="connected")


@in_loop
async def test_a_stop_in_the_midst_of_a_readout_is_clean(data: Path, twin: TwinProcess) -> None:
    nobody = [str(address) for address in range(100, 140)]  # time-outs: the readout takes a while
    await host("add", "--data", data, *METERS, *nobody)
    async with running(data, twin.port) as run:
        await until_state(data, readout=bool)
        pids = [run.process.pid, *run.children().values()]
        said = await run.stop()
        assert said.status == 0
        assert "Traceback" not in said.err
        assert not any(alive(pid) for pid in pids)
    assert "Traceback" not in log(data) + log(data, "web") + log(data, "supervisor")


@pytest.mark.parametrize("port", ["foo://x", "tcp://nowhere", ""])
@in_loop
async def test_a_port_that_can_be_none_is_refused_at_once(data: Path, port: str) -> None:
    said = await host("run", "--data", data, "--port", port, "--web-port", 0)
    assert (said.status, said.out) == (2, "")
    assert f"mbuslink: {port!r} is no port: give " in said.err


@in_loop
async def test_a_corrupt_database_is_named_by_every_command(data: Path) -> None:
    path = database.database_path(data)
    path.write_bytes(bytes(range(256)) * 80)
    for command in (("state",), ("export", "--out", data / "csv"), ("add", "5")):
        said = await host(command[0], "--data", data, *command[1:])
        assert (said.status, said.out) == (1, "")
        assert said.err.startswith(f"mbuslink: {path}: "), said.err
        assert "damaged" in said.err
        assert said.err.count("\n") == 1
