"""What the host says before it starts."""

import asyncio
import socket
import sys
from pathlib import Path

import pytest

from host import assemble
from host.__main__ import main
from host.core import client
from host.store import migrate, place
from host.supervisor import Supervisor
from tests.fakes import postgresql
from tests.fakes.loop import in_loop

ROOT = Path(__file__).parents[2]


def test_run_warns_of_a_cycle_that_the_bus_cannot_meet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(self: Supervisor) -> int:
        return 0

    monkeypatch.setattr(Supervisor, "run", run)
    where = ["--data", str(tmp_path)]
    assert main(["add", *map(str, range(1, 61)), "--baud", "300", *where]) == 0
    for cycle, warned in (("60", True), ("3600", False)):
        capsys.readouterr()
        main(["run", "--port", "tcp://127.0.0.1:1", "--web-port", "0", "--cycle", cycle, *where])
        said = capsys.readouterr().err
        assert ("the bus is too slow for this" in said) is warned, said
        assert ("segment 1" in said) is warned


@in_loop
async def test_the_core_waits_for_a_database_server_that_is_not_up_yet(tmp_path: Path) -> None:
    reason = postgresql.why_not()
    if reason is not None:
        pytest.skip(reason)
    with postgresql.cluster() as cluster, cluster.database() as name:
        place.write(tmp_path, cluster.url(name, "house"))
        migrate.upgrade(place.of(tmp_path))
        cluster.stop()
        core = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "host", "core", "--port", "tcp://127.0.0.1:1"),
            *("--data", str(tmp_path)),
            cwd=ROOT,
            stderr=asyncio.subprocess.PIPE,
        )
        assert core.stderr is not None
        said = (await core.stderr.readline()).decode()
        assert said.startswith("mbuslink core: waiting: ")
        assert "does not answer" in said
        cluster.start()
        async with asyncio.timeout(30):
            while not await answers(tmp_path):  # noqa: ASYNC110 - a socket tells nobody that it is there
                await asyncio.sleep(0.05)
        core.terminate()
        assert await core.wait() == 0


async def answers(data: Path) -> bool:
    async with client.connect(data) as core:
        return core is not None


def test_the_pages_listen_where_the_owner_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []

    async def run(self: Supervisor) -> int:
        started.append([*next(child.argv for child in self._children if child.name == "web")])
        return 0

    monkeypatch.setattr(Supervisor, "run", run)
    command = ["run", "--port", "tcp://127.0.0.1:1", "--web-port", "0", "--data", str(tmp_path)]
    assert main(command) == 0
    assert main([*command, "--web-host", "0.0.0.0", "--web-name", "meters.house"]) == 0
    assert [argv[argv.index("--host") + 1] for argv in started] == ["127.0.0.1", "0.0.0.0"]
    assert "--name=meters.house" in started[1]
    assert main([*command, "--web-host", "everybody"]) == 2
    assert "not an address" in capsys.readouterr().err


def test_w2_the_pages_are_at_port_80_or_at_8080_where_that_is_not_permitted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    async def run(self: Supervisor) -> int:
        argv = next(child.argv for child in self._children if child.name == "web")
        started.append(argv[argv.index("--port") + 1])
        return 0

    monkeypatch.setattr(Supervisor, "run", run)
    assert assemble.USUAL_PORTS == (80, 8080)
    command = ["run", "--port", "tcp://127.0.0.1:1", "--data", str(tmp_path)]
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("", 0)) as second:
        taken, free = first.getsockname()[1], second.getsockname()[1]
        second.close()
        monkeypatch.setattr(assemble, "USUAL_PORTS", (free, taken))
        assert main(command) == 0
        assert "trying" not in capsys.readouterr().err
        monkeypatch.setattr(assemble, "USUAL_PORTS", (taken, free))
        assert main(command) == 0
        assert f"port {taken} on 127.0.0.1 cannot be used" in capsys.readouterr().err
        monkeypatch.setattr(assemble, "USUAL_PORTS", (taken, taken))
        assert main(command) == 1
    assert started == [str(free)] * 2
