"""L2: `python -m host time` shows the clock, tries a server, sets it by hand."""

import asyncio
import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from host.__main__ import main
from host.core.clock import ClockServices
from host.core.events import Events
from host.core.rpc_server import RpcServer
from host.core.services import socket_path
from host.store.writer import Writer
from tests.fakes.clock import FakeTimekeeping
from tests.fakes.loop import in_loop


async def run(path: Path, *arguments: str) -> int:
    return await asyncio.to_thread(main, ["time", *arguments, "--data", str(path.parent)])


@contextlib.asynccontextmanager
async def core(path: Path, computer: FakeTimekeeping):
    writer, events = Writer(path), Events()
    handlers = ClockServices(writer, computer.asked).handlers()
    server = RpcServer(socket_path(path.parent), handlers, events)
    await server.start()
    yield
    await server.stop()
    await writer.close()


@in_loop
async def test_l2_state_test_and_set(path: Path, capsys) -> None:
    computer = FakeTimekeeping()
    async with core(path, computer):
        assert await run(path) == 0
        shown = capsys.readouterr().out
        assert "synchronised with pool.example by FakeClock" in shown
        assert "this clock is 1.2 ms fast" in shown
        assert await run(path, "test", "ntp.example") == 0
        assert (
            "192.0.2.1 answers after 4.2 ms: this clock is 12.3 ms slow" in capsys.readouterr().out
        )
        assert await run(path, "test", "other.example") == 1
        assert await run(path, "set", "2026-03-29T01:00:00") == 2
        assert "ntp_on" in capsys.readouterr().err
        computer.clock.ntp = False
        assert await run(path, "set", "2026-03-29T01:00:00", "--json") == 0
        assert json.loads(capsys.readouterr().out)["ntp"] is False
        assert computer.clock.set_to == [datetime(2026, 3, 29, 1, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(("set",), "which moment"), (("test",), "which server"), (("set", "soon"), "no date")],
)
def test_l2_what_is_missing_is_told(path: Path, capsys, arguments, told) -> None:
    assert main(["time", *arguments, "--data", str(path.parent)]) == 2
    assert told in capsys.readouterr().err
