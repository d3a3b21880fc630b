import asyncio
import contextlib
import errno
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from host.core import client
from host.core.events import (
    Event,
    Events,
    ExportChanged,
    FaultChanged,
    LinkChanged,
    MeterChanged,
    PlanChanged,
    ReadingsStored,
    ReadoutFinished,
    ReadoutStarted,
    RedecodingChanged,
    StatusChanged,
    UserChanged,
    as_params,
)
from host.core.rpc_server import RpcServer
from host.core.services import CHANGES, SERVICES, socket_path
from host.device.async_conversation import AsyncConversation
from shared.errors import BadAddress, Busy, MbuslinkError

ALL_EVENTS: list[Event] = [
    LinkChanged("connected", ""),
    ReadingsStored(1, 2, 3),
    MeterChanged(1, "ok"),
    ReadoutStarted(20),
    ReadoutFinished(20, 20, 1, 999),
    FaultChanged(None),
    ExportChanged(1, "running", 3, 9),
    UserChanged(1),
    PlanChanged(12),
    StatusChanged(7),
    RedecodingChanged("running", 500),
]


@pytest.mark.parametrize("event", ALL_EVENTS, ids=lambda event: type(event).__name__)
def test_every_event_fits_the_notification(event: Event) -> None:
    SERVICES.check_notification("event", as_params(event))


def test_the_methods_that_change_something_are_told_for_whom() -> None:
    names = {row[1] for row in SERVICES._rows if row[0] == "method"}
    assert names - CHANGES == {
        *("state", "status.list", "users.list"),
        "meter.read",
        *("redecode.state", "time.state", "time.test", "network.state"),
        *("board.inputs", "panel.look", "tokens.used", "signing.note"),
        *("scan.state", "scan.found", "export.list"),
    }


async def add(addresses: list[str], **_others: Any) -> dict[str, Any]:
    if addresses == ["x"]:
        raise BadAddress("x: no address")
    return {"added": [{"id": 1, "address": addresses[0]}], "known": addresses[1:]}


async def start(meters: list[int] | None, who: str) -> dict[str, Any]:
    raise RuntimeError("a mistake of ours")


@contextlib.asynccontextmanager
async def server(data: Path, events: Events) -> AsyncIterator[RpcServer]:
    server = RpcServer(socket_path(data), {"meters.add": add, "readout.start": start}, events)
    await server.start()
    yield server
    await server.stop()


def test_a_call_is_answered_and_an_error_keeps_its_class(tmp_path: Path) -> None:
    async def main() -> None:
        async with server(tmp_path, Events()), client.connect(tmp_path) as line:
            assert line is not None
            assert await line.call("meters.add", addresses=["1", "2"]) == {
                "added": [{"id": 1, "address": "1"}],
                "known": ["2"],
            }
            with pytest.raises(BadAddress, match="x: no address"):
                await line.call("meters.add", addresses=["x"])
            with pytest.raises(MbuslinkError):
                await line.call("readout.start")

    asyncio.run(main())


def test_events_reach_every_client_and_one_that_left_harms_nobody(tmp_path: Path) -> None:
    async def main() -> None:
        events = Events()
        heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        async with server(tmp_path, events):
            async with client.connect(tmp_path) as first:
                assert first is not None
                await first.call("meters.add", addresses=["1"])
            reader, writer = await asyncio.open_unix_connection(str(socket_path(tmp_path)))
            second = AsyncConversation(
                SERVICES, reader, writer, on_notification=lambda _, params: heard.put_nowait(params)
            )
            running = asyncio.create_task(second.run())
            await second.call("meters.add", addresses=["1"])
            events.emit(MeterChanged(7, "ok"))
            assert await heard.get() == {"type": "MeterChanged", "meter_id": 7, "state": "ok"}
            second.close("done")
            await running

    asyncio.run(main())


def test_only_the_owner_may_give_orders(tmp_path: Path) -> None:
    async def main() -> None:
        async with server(tmp_path, Events()):
            assert stat.S_IMODE(socket_path(tmp_path).stat().st_mode) == 0o600
        assert not socket_path(tmp_path).exists()

    asyncio.run(main())


def test_a_left_over_socket_is_replaced_a_living_one_is_not(tmp_path: Path) -> None:
    async def main() -> None:
        socket_path(tmp_path).touch()
        async with server(tmp_path, Events()):
            second = RpcServer(socket_path(tmp_path), {}, Events())
            with pytest.raises(Busy, match="another core"):
                await second.start()
            async with client.connect(tmp_path) as line:
                assert line is not None
                await line.call("meters.add", addresses=["1"])

    asyncio.run(main())


def test_no_core_no_line(tmp_path: Path) -> None:
    async def main() -> None:
        async with client.connect(tmp_path) as line:
            assert line is None

    asyncio.run(main())


@pytest.mark.parametrize("steps", range(6))
def test_a_door_that_closes_leaves_nobody_in_it(tmp_path: Path, steps: int) -> None:
    """However far the loop has come with a caller that has just connected."""

    async def main() -> None:
        door = RpcServer(socket_path(tmp_path), {}, Events())
        await door.start()
        caller = socket.socket(socket.AF_UNIX)
        caller.connect(str(socket_path(tmp_path)))
        for _ in range(steps):
            await asyncio.sleep(0)
        await door.stop()
        reader, writer = await asyncio.open_unix_connection(sock=caller)
        async with asyncio.timeout(5):
            with contextlib.suppress(ConnectionError):  # not even taken from the queue
                assert await reader.read() == b""
        writer.close()

    asyncio.run(main())


def test_a_caller_waits_at_the_door_while_there_are_no_descriptors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept = socket.socket.accept
    refusals = iter([OSError(errno.EMFILE, "Too many open files")] * 2)

    def short_of_descriptors(listener: socket.socket) -> Any:
        for refusal in refusals:
            raise refusal
        return accept(listener)

    async def main() -> None:
        async with server(tmp_path, Events()):
            monkeypatch.setattr(socket.socket, "accept", short_of_descriptors)
            async with client.connect(tmp_path) as line:
                assert line is not None
                assert (await line.call("meters.add", addresses=["1"]))["known"] == []
        assert next(refusals, None) is None

    asyncio.run(main())
