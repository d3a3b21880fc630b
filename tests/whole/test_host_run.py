"""The host as its user starts it: real processes, a board behind TCP, the command line."""

import asyncio
import contextlib
import csv
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy.orm import Session

from host.core import client
from host.settings.readout import ReadoutSettings
from host.settings.site import SiteSettings
from host.store import database, settings
from shared.errors import NoAnswer
from tests.fakes.board_over_tcp import BoardOverTcp, answer
from tests.fakes.browser import first_sign_in
from tests.fakes.loop import in_loop

ROOT = Path(__file__).resolve().parents[2]


class Said(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


async def start(*arguments: object) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "host", *(str(argument) for argument in arguments)),
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def host(*arguments: object) -> Said:
    """Run one command to its end."""
    process = await start(*arguments)
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    assert process.returncode is not None
    return Said(process.returncode, out.decode(), err.decode())


class Running:
    """A host that is ready: what its ready line says, its process, and that of its children."""

    def __init__(self, process: asyncio.subprocess.Process, ready: dict[str, Any]) -> None:
        self.process = process
        self.ready = ready

    def children(self) -> dict[str, int]:
        """Return the process numbers of the children by what stands behind `-m`."""
        found: dict[str, int] = {}
        pid = self.process.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            found["web" if b"host.web" in words else "core"] = int(child)
        return found

    async def stop(self) -> Said:
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        async with asyncio.timeout(20):
            out, err = await self.process.communicate()
        assert self.process.returncode is not None
        return Said(self.process.returncode, out.decode(), err.decode())


@contextlib.asynccontextmanager
async def running(data: Path, port: str, *options: object) -> AsyncIterator[Running]:
    process = await start("run", "--data", data, "--port", port, "--web-port", 0, *options)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(40):
            line = await process.stdout.readline()
        assert line, (await process.communicate())[1].decode()
        host = Running(process, json.loads(line))
        yield host
        await host.stop()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def read_all(data: Path) -> None:
    """Wait until the core is there and has read every meter."""
    for _ in range(400):
        async with client.connect(data) as core:
            state = await core.call("state") if core is not None else {}
            if state.get("last_readout") and not state["readout"]:
                return
        await asyncio.sleep(0.05)
    raise AssertionError("the meters were not read")


def table(file: str) -> list[list[str]]:
    return list(csv.reader(Path(file).read_text().splitlines(), delimiter=";"))


async def until(condition: Callable[[], bool], within_s: float = 20) -> None:
    """Wait until `condition()` holds."""
    for _ in range(int(within_s / 0.05)):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come to pass")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("h")


@in_loop
async def test_from_the_meter_to_the_csv_by_the_command_line(data: Path) -> None:
    added = await host("add", "--data", data, "5", "7", "005")
    assert added == Said(0, "5: registered\n7: registered\n", "")
    async with BoardOverTcp() as board, running(data, board.url) as run:
        assert run.ready["web"].startswith("http://127.0.0.1:")
        await read_all(data)
        again = await host("add", "--data", data, "7", "8", "--name", "Attic")
        assert again.out == "8: registered\n7: was registered already\n"

        one = await host("read", "--data", data, "7", "--json")
        assert one.status == 0
        told = json.loads(one.out)
        assert (told["ok"], told["id"]) == (True, "00000007")
        shown = await host("read", "--data", data, "5")
        assert "Energy" in shown.out

        board.worker.answers["9"] = NoAnswer("9: nothing came within 188 ms")
        silent = await host("read", "--data", data, "9")
        assert (silent.status, silent.out) == (1, "")
        assert silent.err == "mbuslink: meter 9 not read: 9: nothing came within 188 ms\n"
        silent = await host("read", "--data", data, "9", "--json")
        told = json.loads(silent.out)
        assert silent.status == 1
        assert (told["ok"], told["records"]) == (False, [])
        assert "188 ms" in told["error"]
        wrong = await host("read", "--data", data, "300")
        assert wrong.status == 2
        assert "300" in wrong.err

        state = await host("state", "--data", data)
        assert "board         connected" in state.out
        assert "00000007" in state.out
        exported = await host("export", "--data", data, "--out", data / "csv", "--meters", "7")
        (file,) = exported.out.splitlines()
        rows = table(file)
        assert rows[0][:2] == ["Date/Time(UTC)", "PrimaryAddress"]
        assert len(rows) == 1 + 2
        pids = [run.process.pid, *run.children().values()]
    assert run.process.returncode == 0
    assert not any(alive(pid) for pid in pids)
    assert (await host("state", "--data", data)).out.startswith("core          not running")


@in_loop
async def test_read_without_a_core_opens_the_port_itself(data: Path) -> None:
    async with BoardOverTcp() as board:
        one = await host(
            *("read", "--data", data, "--port", board.url, "3"),
            *("--no-nke", "--application-reset", "32", "--baud", "300", "--json"),
        )
        assert one.status == 0, one.err
        assert json.loads(one.out)["id"] == "00000003"  # and nothing else: not the link's log
        assert one.err == ""
        asked = board.worker.asked[0]
        assert (asked["baud"], asked["snd_nke"], asked["application_reset"]) == (300, False, 32)
    gone = await host("read", "--data", data, "--port", "/dev/ttyNONE", "3")
    assert gone.status == 1
    assert "/dev/ttyNONE" in gone.err
    nobody = await host("read", "--data", data, "3")
    assert nobody.status == 1
    assert "--port" in nobody.err


@in_loop
async def test_a_child_that_dies_is_started_again(data: Path) -> None:
    async with BoardOverTcp() as board, running(data, board.url) as run:
        await host("add", "--data", data, "5")
        for name in ("core", "web"):
            before = run.children()
            os.kill(before[name], signal.SIGKILL)
            old = before[name]
            await until(lambda name=name, old=old: run.children().get(name, old) != old)
        await read_all(data)
        assert run.process.returncode is None


@in_loop
async def test_children_end_with_a_supervisor_that_is_killed(data: Path) -> None:
    async with BoardOverTcp() as board, running(data, board.url) as run:
        children = run.children()
        assert set(children) == {"core", "web"}
        run.process.kill()
        await run.process.wait()
        await until(lambda: not any(alive(pid) for pid in children.values()))


@in_loop
async def test_a_second_host_on_the_same_data_is_refused(data: Path) -> None:
    async with BoardOverTcp() as board, running(data, board.url) as run:
        for arguments in (
            ("run", "--data", data, "--port", board.url, "--web-port", 0),
            ("core", "--data", data, "--port", board.url),
        ):
            second = await host(*arguments)
            assert second.status != 0
            assert "is running on this data folder already (process" in second.err
            assert "choose another --data" in second.err
        assert run.process.returncode is None


@in_loop
async def test_a_taken_web_port_is_named(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        said = await host("run", "--data", data, "--port", "/dev/ttyX", "--web-port", number)
    assert said.status == 1
    assert f"port {number} on 127.0.0.1" in said.err
    assert "--web-port" in said.err


@pytest.mark.parametrize("fault", ["read-only", "damaged"])
def test_an_unusable_database_is_named_and_left_alone(data: Path, fault: str) -> None:
    path = database.database_path(data)

    @in_loop
    async def run() -> None:
        await host("add", "--data", data, "5")
        if fault == "damaged":
            path.write_bytes(path.read_bytes()[:5000])
        else:
            path.chmod(0o444)
        before = path.read_bytes()
        said = await host("run", "--data", data, "--port", "/dev/ttyX", "--web-port", 0)
        assert said.status == 1
        assert f"mbuslink core: {path}: the database is {fault}" in said.err
        assert path.read_bytes() == before

    run()


@in_loop
async def test_a_host_starts_without_its_board_and_says_what_is_missing(data: Path) -> None:
    async with running(data, "/dev/ttyNONE"):
        state = await host("state", "--data", data)
        assert "not_connected at /dev/ttyNONE" in state.out
        assert "plug in the board" in state.out


@in_loop
async def test_a_meter_that_answers_rubbish_is_told_in_the_state(data: Path) -> None:
    await host("add", "--data", data, "5")
    async with BoardOverTcp() as board:
        board.worker.answers["5"] = [answer(5)[:-2] + b"\x00\x16"]
        async with running(data, board.url):
            await read_all(data)
            state = await host("state", "--data", data)
    assert "error" in state.out
    assert "checksum" in state.out


@in_loop
async def test_a_core_stops_whenever_it_is_told(data: Path) -> None:
    async with BoardOverTcp() as board:
        for pause_s in (0.0, 0.002, 0.005, 0.01, 0.02, 0.05):
            core = await start("core", "--data", data, "--port", board.url)
            await until(lambda: (data / "core.sock").exists())
            await asyncio.sleep(pause_s)
            core.terminate()
            async with asyncio.timeout(10):
                await core.communicate()
            assert core.returncode == 0


@in_loop
async def test_the_page_knows_the_site_and_the_cycle_of_the_core(data: Path) -> None:
    await host("add", "--data", data, "5")
    with Session(database.open_writer(database.database_path(data))) as session, session.begin():
        settings.save(session, ReadoutSettings(cycle_s=1200))
        settings.save(session, SiteSettings(name="North wing"))
    async with BoardOverTcp() as board, running(data, board.url) as run:
        await read_all(data)
        browser = await asyncio.to_thread(first_sign_in, run.ready["web"])
        shown = ""
        for _ in range(100):  # the web process learns the cycle once it has reached the core
            page = await asyncio.to_thread(browser.open, run.ready["web"] + "meters/1")
            shown = page.read().decode()
            if "20 min" in shown:
                break
            await asyncio.sleep(0.1)
    assert "North wing" in shown
    assert "20 min" in shown
