"""Kept telegrams through today's decoder as a job of the core: progress, stopped, gone on."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from host.core import redecoding
from host.core.events import Event, Events, RedecodingChanged
from host.core.redecoding import Redecoding
from host.store import audit, database
from host.store.writer import Writer
from shared.errors import Busy
from tests.fakes import installation
from tests.fakes.loop import in_loop


class Job:
    def __init__(self, data: Path, writer: Writer) -> None:
        self.heard: asyncio.Queue[Event] = asyncio.Queue()
        events = Events()
        events.subscribe(self.heard.put_nowait)
        self.job = Redecoding(writer, events, data)
        self._handlers = self.job.handlers()

    async def call(self, what: str, **params: Any) -> Any:
        return await self._handlers[f"redecode.{what}"](**params)

    async def until(self, state: str) -> None:
        while True:
            event = await self.heard.get()
            if isinstance(event, RedecodingChanged) and event.state == state:
                return


@asynccontextmanager
async def job(data: Path) -> AsyncIterator[Job]:
    installation.install(data)
    writer = Writer(database.database_path(data))
    made = Job(data, writer)
    try:
        yield made
    finally:
        await made.job.close()
        await writer.close()


@in_loop
async def test_it_runs_and_tells_what_it_found(tmp_path: Path) -> None:
    async with job(tmp_path) as made:
        assert (await made.call("state"))["state"] == "none"
        await made.call("start", who="Olga")
        with pytest.raises(Busy):
            await made.call("start", who="Olga")
        await made.until("done")
        told = await made.call("state")
        assert (told["permille"], told["readings"], told["first"]) == (1000, 14, True)
        with database.reading(database.database_path(tmp_path)) as session:
            assert [(one.who, one.what) for one in audit.newest(session, 1)] == [
                ("Olga", "history.redecoded")
            ]
        await made.call("start", who="Olga")
        await made.until("done")
        told = await made.call("state")
        assert (told["first"], told["others"], told["meters_changed"]) == (False, 0, 0)


@in_loop
async def test_it_is_stopped_and_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = tmp_path / "endless"
    endless.write_text(
        f'#!/bin/sh\necho \'{{"permille": 250}}\'\nexec {sys.executable} -c "input()"\n'
    )
    endless.chmod(0o755)
    async with job(tmp_path) as made:
        with monkeypatch.context() as patch:
            patch.setattr(redecoding.sys, "executable", str(endless))
            await made.call("start", who="Olga")
            await made.until("running")
            await made.until("running")
            await made.call("stop", who="Olga")
            await made.until("stopped")
            assert (await made.call("state"))["permille"] == 250
        await made.call("start", who="Olga")
        await made.until("done")
        await made.call("stop", who="Olga")
        assert (await made.call("state"))["state"] == "done"


@in_loop
async def test_a_process_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with job(tmp_path) as made:
        monkeypatch.setattr(redecoding.sys, "executable", "/bin/false")
        await made.call("start", who="Olga")
        await made.until("failed")
        assert (await made.call("state"))["error"]
        with database.reading(database.database_path(tmp_path)) as session:
            assert "history.redecoded" not in [one.what for one in audit.newest(session, 9)]
