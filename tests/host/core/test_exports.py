"""Exports that the core makes: in a process of their own, followed, stopped, kept, fetched."""

import asyncio
import zipfile
from pathlib import Path
from typing import Any

import pytest

from host.__main__ import main
from host.core import exports
from host.core.events import Event, Events, ExportChanged
from host.core.exports import Exports
from host.core.rpc_server import RpcServer
from host.core.services import socket_path
from host.store import database
from shared.errors import BadAddress, BadSetting, Busy
from tools.bench import history

WANTED = {
    "meters": None,
    "medium": None,
    "since_ms": None,
    "until_ms": None,
    "dates": False,
    "kind": "standard",
    "separator": ";",
    "mark": ".",
    "language": "en",
    "bom": False,
}


class Heard:
    """The exports of a data folder, and what they told."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.events = Events()
        self.told: list[Event] = []
        self._news = asyncio.Event()
        self.events.subscribe(self._hear)
        self.exports = Exports(data, self.events)

    def _hear(self, event: Event) -> None:
        self.told.append(event)
        self._news.set()

    async def call(self, name: str, **params: Any) -> Any:
        return await self.exports.handlers()[f"export.{name}"](**params)

    async def list(self) -> list[dict[str, Any]]:
        found = await self.call("list")
        return list(found["exports"])

    async def until(self, state: str) -> None:
        """Wait until an export is in this state."""
        async with asyncio.timeout(60):
            while not any(getattr(event, "state", "") == state for event in self.told):
                self._news.clear()
                await self._news.wait()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    history.fill(tmp_path / database.FILE_NAME, meters=2, days=40, cycle_s=21600)
    return tmp_path


def test_it_makes_a_file_tells_how_far_it_is_and_keeps_it(data: Path) -> None:
    async def work() -> None:
        heard = Heard(data)
        assert await heard.call("start", **(WANTED | {"meters": ["2"]})) == {"number": 1}
        with pytest.raises(Busy, match="under way"):
            await heard.call("start", **WANTED)
        await heard.until("done")
        assert ExportChanged(1, "done", 2, 2) == heard.told[-1]
        (line,) = await heard.list()
        assert (line["state"], line["error"]) == ("done", None)
        wanted = {"kind": "standard", "meters": 1, "medium": None, "since_ms": None}
        assert line | wanted == line
        with zipfile.ZipFile(data / "exports" / "1" / "DataExport.zip") as found:
            (name,) = found.namelist()
            assert name.startswith("2-20000002-")
        again = Heard(data)
        (kept,) = await again.list()
        for name in ("bytes", "kind", "meters", "medium", "until_ms"):
            assert kept[name] == line[name], "a core that starts later knows it"
        assert await again.call("delete", number=1) == {}
        assert again.told == [ExportChanged(1, "deleted", 0, 0)]
        assert await again.list() == []
        assert list((data / "exports").iterdir()) == []

    asyncio.run(work())


def test_it_can_be_stopped_and_ends_with_the_core(data: Path) -> None:
    async def work() -> None:
        heard = Heard(data)
        for end in (lambda: heard.call("stop", number=1), heard.exports.close):
            await heard.call("start", **(WANTED | {"kind": "xlsx"}))
            await end()
            assert not list((data / "exports").glob("*/*"))
        states = [line["state"] for line in await heard.list()]
        assert states == ["stopped", "stopped"]
        with pytest.raises(BadSetting, match="no such export"):
            await heard.call("stop", number=7)

    asyncio.run(work())


def test_why_it_failed_is_told(data: Path) -> None:
    async def work() -> None:
        heard = Heard(data)
        await heard.call("start", **(WANTED | {"meters": ["77"]}))
        await heard.until("failed")
        (line,) = await heard.list()
        assert line["error"].startswith("77: not registered")
        assert line["error_key"] == "export_failed"
        with pytest.raises(BadAddress):
            await heard.call("start", **(WANTED | {"meters": ["--out"]}))

    asyncio.run(work())


def test_the_oldest_goes_and_what_was_not_finished(data: Path) -> None:
    for number in range(1, exports.KEPT + 1):
        folder = data / "exports" / str(number)
        folder.mkdir(parents=True)
        (folder / "DataExport.zip").write_bytes(b"x")
    (data / "exports" / "9").mkdir()
    (data / "exports" / "9" / "DataExport.zip.part").write_bytes(b"half")

    async def work() -> None:
        heard = Heard(data)
        assert not (data / "exports" / "9").exists()
        await heard.call("start", **WANTED)
        await heard.until("done")
        assert [line["number"] for line in await heard.list()] == [6, 5, 4, 3, 2]
        assert not (data / "exports" / "1").exists()
        assert ExportChanged(1, "deleted", 0, 0) in heard.told

    asyncio.run(work())


def test_from_the_command_line(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a thread each, as the command has a loop of its own."""

    async def work() -> None:
        heard = Heard(data)
        server = RpcServer(socket_path(data), heard.exports.handlers(), heard.events)
        await server.start()

        async def run(*words: str) -> tuple[int, str]:
            status = await asyncio.to_thread(main, [*words, "--data", str(data)])
            return status, capsys.readouterr().out

        status, out = await run("export", "--background", "--format", "full-db")
        assert (status, out.split(";")[0]) == (0, "export 1 has begun")
        await heard.until("done")
        status, out = await run("exports")
        assert status == 0
        assert f"{data}/exports/1/DataExport.zip (0." in out
        assert (await run("exports", "stop"))[0] == 2
        assert await run("exports", "delete", "1") == (0, "")
        await server.stop()

    asyncio.run(work())


def test_without_a_core_it_says_what_to_do(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--background", "--data", str(data)]) == 1
    assert "no core is running" in capsys.readouterr().err
