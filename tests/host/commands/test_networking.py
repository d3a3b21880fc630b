"""L1: `python -m host network` shows the network, tries, keeps and takes back a change."""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from host.__main__ import main
from host.core.events import Events
from host.core.network_trial import NetworkTrial
from host.core.rpc_server import RpcServer
from host.core.services import socket_path
from host.settings.network import NetworkSettings
from host.store import database, settings
from host.store.writer import Writer
from tests.fakes.computer import FIRST, FakeComputer
from tests.fakes.loop import in_loop

TRY = ("try", "interface=eth0", "dhcp=off", "address=192.168.1.30")


async def run(path: Path, *arguments: str) -> int:
    return await asyncio.to_thread(main, ["network", *arguments, "--data", str(path.parent)])


@contextlib.asynccontextmanager
async def core(path: Path, computer: FakeComputer):
    """The services of the network, as the core has them."""
    writer, events = Writer(path), Events()
    more: dict[str, Any] = {"clock": computer.clock, "wait": computer.wait}
    trial = NetworkTrial(writer, events, path.parent, computer.asked, **more)
    server = RpcServer(socket_path(path.parent), trial.handlers(), events)
    await server.start()
    running = asyncio.create_task(trial.run())
    yield
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await server.stop()
    await writer.close()


@in_loop
async def test_l1_a_change_is_tried_and_kept(path: Path, capsys) -> None:
    computer = FakeComputer()
    async with core(path, computer):
        assert await run(path) == 0
        shown = capsys.readouterr().out
        assert "looked after by FakeNetwork" in shown
        assert "set to   192.168.1.20 mask 255.255.255.0 gateway 192.168.1.1" in shown
        assert await run(path, *TRY) == 0
        await computer.pass_s(2)
        assert computer.network.setups["eth0"].address == "192.168.1.30"
        await run(path)
        assert "eth0 is had back in 58 s unless" in capsys.readouterr().out
        assert await run(path, "keep") == 0
        assert await run(path, "undo") == 2
        assert "no_trial" in capsys.readouterr().err
    with database.reading(path) as session:
        assert settings.load(session, NetworkSettings).address == "192.168.1.30"


@in_loop
async def test_l1_a_change_is_had_back(path: Path, capsys) -> None:
    computer = FakeComputer()
    async with core(path, computer):
        await run(path, *TRY)
        await computer.pass_s(2)
        assert await run(path, "undo") == 0
        assert computer.network.setups["eth0"] == FIRST
        capsys.readouterr()
        assert await run(path, "--json") == 0
        assert json.loads(capsys.readouterr().out)["last"]["outcome"] == "taken_back"


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (TRY, 1, "no host runs"),
        (("try", "address=192.168.1"), 2, "no IPv4 address"),
        (("try", "height=3"), 2, "there is no such setting"),
    ],
)
def test_l1_what_cannot_be_tried_is_told(path: Path, capsys, arguments, status, told) -> None:
    assert main(["network", *arguments, "--data", str(path.parent)]) == status
    assert told in capsys.readouterr().err


def test_l1_config_stores_the_network_and_cuts_nobody_off(path: Path, capsys) -> None:
    given = ["network.dhcp=off", "network.address=192.168.1.30"]
    assert main(["config", *given, "--data", str(path.parent)]) == 0
    assert "not used yet" in capsys.readouterr().err
    with database.reading(path) as session:
        assert settings.load(session, NetworkSettings).address == "192.168.1.30"
