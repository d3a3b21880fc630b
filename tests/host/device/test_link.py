"""The link to a board: found, lost, found again, in time that jumps; once over a real pty."""

import asyncio
import os
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from host.device.board import Board
from host.device.link import BoardLink, State, Status
from shared.errors import Busy, DeadlineExceeded, LinkLost
from shared.link import messages
from tests.fakes.board import Cable, FakeBoard, FakePrompt
from tests.fakes.loop import in_jumping_time, in_loop

URL = "/dev/ttyACM0"


class Setup:
    """A board, a cable, a link, and what was heard of it."""

    def __init__(self) -> None:
        self.board = FakeBoard()
        self.cable = Cable(self.board)
        self.statuses: list[Status] = []
        self.changed = asyncio.Condition()
        self.client = Board(URL, on_status=self.statuses.append, link=self._link)

    def _link(self, url: str, **arguments: Any) -> BoardLink:
        self.link = BoardLink(url, open=self.open, utc=lambda: 1_800_000_000.5, **arguments)
        return self.link

    async def open(self, url: str) -> Any:
        return await self.cable.open(url)

    async def status(self, words: str, within_s: float = 60) -> Status:
        """Wait until the reason or state holds `words`; return that status."""
        async with asyncio.timeout(within_s):
            while True:
                status = self.link.status
                if words in status.reason or words == status.state:
                    return status
                await asyncio.sleep(0.01)


@asynccontextmanager
async def setup(start: bool = True) -> AsyncIterator[Setup]:
    whole = Setup()
    if start:
        whole.board.start()
    running = asyncio.create_task(whole.link.run())
    try:
        yield whole
    finally:
        running.cancel()
        whole.board.stop()
        await asyncio.gather(running, return_exceptions=True)


@in_jumping_time
async def test_it_greets_and_sets_the_clock() -> None:
    async with setup() as s:
        status = await s.status("connected", 1)
        assert status.board is not None
        assert (status.board.board, status.board.boot) == ("fake", 1)
        assert s.board.hal.utc == 1_800_000_000
        assert [status.state for status in s.statuses] == [State.CONNECTED]


@in_jumping_time
async def test_it_is_back_within_a_second_of_the_cable() -> None:
    async with setup() as s:
        for _ in range(20):
            await s.status("connected")
            s.cable.unplug()
            status = await s.status("not_connected", 0.1)
            assert status.reason.startswith(URL)
            await asyncio.sleep(3.37)
            assert "no such port" in s.link.status.reason
            s.cable.plug()
            await s.status("connected", 1)


@in_jumping_time
async def test_wires_cut_unnoticed_are_noticed_and_healed() -> None:
    async with setup() as s:
        await s.status("connected")
        s.cable.dead = True
        await s.status("silent for 5 s", 8)
        await s.status("no board answers", 5)
        s.cable.dead = False
        await s.status("connected", 1)


@in_jumping_time
async def test_a_restart_of_the_board_is_noticed_at_once() -> None:
    async with setup() as s:
        await s.status("connected")
        s.board.stop()
        s.board.start()
        await s.status("restarted (boot 2)", 0.1)
        status = await s.status("connected", 1)
        assert status.board is not None
        assert status.board.boot == 2


@in_jumping_time
async def test_a_call_fails_when_the_cable_goes_and_while_it_is_gone() -> None:
    async with setup() as s:
        await s.status("connected")
        s.board.worker.duration_s = 30
        reading = asyncio.create_task(s.client.read_meter("1"))
        await asyncio.sleep(1)
        s.cable.unplug()
        with pytest.raises(LinkLost, match=URL):
            await reading
        await asyncio.sleep(1)
        with pytest.raises(LinkLost, match="no such port"):
            await s.client.state()


@in_jumping_time
async def test_another_version_is_refused_with_both_versions_and_the_next_step() -> None:
    async with setup(start=False) as s:
        s.board.start()
        s.board.server._handlers["hello"] = hello_of_another_version
        status = await s.status("protocol 9")
        assert status.state is State.NOT_CONNECTED
        assert status.error_key == "protocol_mismatch"
        assert "firmware 7.0 on fake speaks protocol 9 (00000000)" in status.reason
        ours = f"this host protocol {messages.PROTOCOL} ({messages.BOARD.fingerprint()})"
        assert ours in status.reason
        assert f"python -m host flash --port {URL}" in status.reason
        s.board.stop()
        s.board.start()  # with the matching firmware
        await s.status("connected", 2.5)


async def hello_of_another_version(params: Any) -> dict[str, Any]:
    return {
        "protocol": 9,
        "firmware": "7.0",
        "board": "fake",
        "unique_id": "1",
        "boot": 1,
        "fingerprint": "00000000",
        "ticks_ms": 0,
        "utc_s": None,
        "a field of version 9": [1],
    }


@in_jumping_time
async def test_a_board_at_its_prompt_is_started() -> None:
    async with setup(start=False) as s:
        prompt = FakePrompt(s.cable, starts=True)
        await s.status("connected", 6)
        reasons = [status.reason for status in s.statuses]
        assert f"{URL}: the board is at its prompt; starting its main" in reasons
        assert prompt.resets == 1


@in_jumping_time
async def test_a_board_whose_main_does_not_start_is_named_with_its_last_words() -> None:
    async with setup(start=False) as s:
        FakePrompt(s.cable, starts=False)
        status = await s.status("main does not start", 20)
        assert "(ImportError: no module named 'firmware')" in status.reason
        assert "python -m host flash" in status.reason


@in_jumping_time
async def test_a_running_main_ignores_the_keys_for_the_prompt() -> None:
    async with setup() as s:
        await s.status("connected")
        s.cable.to_board(b"\r\x02\r")
        assert (await s.client.state()).boot == 1
        assert b"\x03" not in s.cable.typed
        assert b"\x04" not in s.cable.typed


@in_jumping_time
async def test_a_taken_port_is_told_once_and_used_when_it_is_free() -> None:
    async with setup() as s:
        await s.status("connected")
        s.cable.unplug()
        own = s.cable.open

        async def taken(url: str) -> Any:
            raise Busy(f"{url}: in use by another program")

        s.cable.open = taken
        status = await s.status("in use by another program", 1)
        assert status.error_key == "busy"
        told = len(s.statuses)
        await asyncio.sleep(60)
        assert len(s.statuses) == told
        s.cable.open = own
        s.cable.plug()
        await s.status("connected", 1)


@in_jumping_time
async def test_console_text_is_kept() -> None:
    async with setup() as s:
        await s.status("connected")
        s.cable.from_board(b"Traceback (most recent call last):\r\n  ZeroDivisionError\r\n")
        assert (await s.client.state()).boot == 1
        assert list(s.link.console) == [
            "Traceback (most recent call last):",
            "  ZeroDivisionError",
        ]


@in_jumping_time
async def test_a_call_that_takes_too_long_is_named_and_the_link_stays() -> None:
    async with setup() as s:
        await s.status("connected")
        s.board.worker.duration_s = 100
        with pytest.raises(DeadlineExceeded, match=r"meter.read: no answer within 20000 ms"):
            await s.client.read_meter("1", timeout_ms=20_000)
        assert s.link.status.state is State.CONNECTED
        assert s.cable.opened == 1


@in_jumping_time
async def test_a_bug_on_the_way_does_not_end_the_link() -> None:
    async with setup() as s:
        await s.status("connected")
        s.cable.unplug()
        own = s.cable.open

        async def broken(url: str) -> Any:
            raise ZeroDivisionError("a bug")

        s.cable.open = broken
        await s.status("ZeroDivisionError('a bug')")
        s.cable.open = own
        s.cable.plug()
        await s.status("connected", 1)


class PtyCable:
    """A serial port by name: a link to a pseudo terminal, made anew at each plug."""

    def __init__(self, path: Path, board: FakeBoard) -> None:
        self.path = path
        self._board = board
        self._ours = -1

    def plug(self) -> None:
        self._ours, port = os.openpty()
        tty.setraw(port)
        os.set_blocking(self._ours, False)
        self.path.symlink_to(os.ttyname(port))
        os.close(port)
        asyncio.get_running_loop().add_reader(self._ours, self._arrived)
        self._board.console.output = lambda data: os.write(self._ours, data)

    def unplug(self) -> None:
        self.path.unlink()
        asyncio.get_running_loop().remove_reader(self._ours)
        self._board.console.output = None
        os.close(self._ours)

    def _arrived(self) -> None:
        try:
            self._board.console.type(os.read(self._ours, 4096))
        except OSError:  # nobody has the port open
            pass


@in_loop
async def test_over_a_real_pty_it_is_back_after_each_replug(tmp_path: Path) -> None:
    board = FakeBoard()
    board.start()
    cable = PtyCable(tmp_path / "tty", board)
    cable.plug()
    board.worker.answers["1"] = [bytes(range(250))] * 32
    client = Board(str(cable.path))
    running = asyncio.create_task(client.link.run())
    try:
        for _ in range(3):
            await asyncio.wait_for(client.link.connected.wait(), 10)
            assert len((await client.read_meter("1")).telegrams) == 32
            cable.unplug()
            while client.link.connected.is_set():  # noqa: ASYNC110 - there is no event for down
                await asyncio.sleep(0.01)
            cable.plug()
        await asyncio.wait_for(client.link.connected.wait(), 10)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        board.stop()
        cable.unplug()
