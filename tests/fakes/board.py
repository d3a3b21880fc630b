"""A board without hardware: the real link server and journal on a made-up HAL and bus.

It runs in the event loop of the test, on CPython. Its console is a pair of byte queues; `Cable`
stands between it and a host, and can be pulled.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from firmware.clock import Clock
from firmware.host_requests import HostRequests
from firmware.journal.journal import Journal
from firmware.link_server import LinkServer
from firmware.readout.logger import Logger
from shared.errors import BadSetting, LinkLost, MbuslinkError
from tests.fakes.virtual_time import MemoryFlash

TELEGRAM = bytes.fromhex("680303680801720B") + b"\x16"


class FakeConsole:
    """Obeys `LinkStream` of firmware/hal/contract.py; the test holds the other end."""

    def __init__(self) -> None:
        self._input = bytearray()
        self._arrived = asyncio.Event()
        self.output: Callable[[bytes], None] | None = None  # None: no host is listening

    def type(self, data: bytes) -> None:
        """Bytes from the host arrive."""
        self._input += data
        self._arrived.set()

    async def read(self, count: int) -> bytes:
        while not self._input:
            self._arrived.clear()
            await self._arrived.wait()
        data = bytes(self._input[:count])
        del self._input[:count]
        return data

    async def write(self, data: bytes) -> None:
        if self.output is not None:
            self.output(bytes(data))
        await asyncio.sleep(0)


class FakeHal:
    """Obeys `Hal` of firmware/hal/contract.py as far as the link needs it."""

    board = "fake"
    scale = 1
    unique_id = "e660a4c317"

    def __init__(self, console: FakeConsole, boot: int) -> None:
        self.boot = boot
        self.utc: int | None = None
        self._console = console

    def ticks_ms(self) -> int:
        return int(asyncio.get_running_loop().time() * 1000)

    def utc_s(self) -> int | None:
        return self.utc

    def set_utc(self, utc_s: int) -> None:
        self.utc = utc_s

    def free_heap(self) -> int:
        return 123456

    async def sleep_ms(self, ms: int) -> None:
        await asyncio.sleep(ms / 1000)

    def link_stream(self) -> FakeConsole:
        return self._console


class OneSegment:
    """What `Buses` offers the logger, of a board with one segment that nobody holds."""

    segments = 1
    held_by = None
    cut_off = None

    def __getitem__(self, segment: int) -> "OneSegment":
        if segment != 1:
            raise BadSetting(f"segment {segment}: this board has 1")
        return self

    def duration_ms(self, address: str) -> int | None:
        return None

    @contextlib.asynccontextmanager
    async def quiet(self) -> AsyncIterator[None]:
        yield


class FakeWorker(OneSegment):
    """Obeys `Buses`: each address has its telegrams or its error, and takes `duration_s`."""

    def __init__(self) -> None:
        self.busy = False
        self.answers: dict[str, list[bytes] | MbuslinkError] = {"1": [TELEGRAM]}
        self.duration_s = 0.0
        self.asked: list[dict[str, Any]] = []

    async def read_meter(self, segment: int, address: str, **settings: Any) -> list[bytes]:
        self.asked.append({"address": address, **settings})
        self.busy = True
        try:
            await asyncio.sleep(self.duration_s)
        finally:
            self.busy = False
        answer = self.answers[address]
        if isinstance(answer, MbuslinkError):
            raise answer
        return answer


class FakeBoard:
    """Power on by `start`, off by `stop`; each start is a new boot with the flash as it was."""

    make_hal: Callable[[FakeConsole, int], FakeHal] = FakeHal

    def __init__(self) -> None:
        self.console = FakeConsole()
        self.worker = FakeWorker()
        self.flash = MemoryFlash()
        self.boot = 0
        self._running: asyncio.Task[None] | None = None

    def start(self, room: int = 98304) -> None:
        self.boot += 1
        self.hal = self.make_hal(self.console, self.boot)
        self.server = LinkServer(self.hal)
        self.journal = Journal(self.hal, room, self.server.tell)
        clock = Clock(self.hal)
        self.inputs = self.make_inputs()
        self.logger = Logger(
            self.hal,
            clock,
            self.worker,
            self.journal,
            self.server.tell,
            self.inputs,
            kept=self.flash,
        )
        requests = HostRequests(self.hal, self.worker, self.journal, self.server, self.logger)
        for part in (requests, self.journal, clock, self.logger):
            self.server.add(part.handlers())
        self._running = asyncio.get_running_loop().create_task(self._run())

    def make_inputs(self) -> Any:
        """Return the inputs that are logged beside the meters: none."""
        return None

    async def _run(self) -> None:
        parts = [part for part in (self.server, self.logger, self.inputs) if part]
        await asyncio.gather(*[part.run() for part in parts])

    def stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            self._running = None


class _Transport:
    """As much of a transport as `AsyncConversation` uses."""

    def get_write_buffer_size(self) -> int:
        return 0

    def abort(self) -> None:
        pass


class _Writer:
    """The host's writer: what it writes is typed at the board while the cable holds."""

    transport = _Transport()

    def __init__(self, cable: "Cable", reader: asyncio.StreamReader) -> None:
        self._cable = cable
        self._reader = reader

    def write(self, data: bytes) -> None:
        if self._cable.reader is self._reader:
            self._cable.to_board(data)

    def close(self) -> None:
        if self._cable.reader is self._reader:
            self._cable.reader = None
        if not self._reader.at_eof():
            self._reader.feed_eof()


class Cable:
    """The cable from a host to a board: pull it, plug it in, or cut its wires unnoticed."""

    def __init__(self, board: FakeBoard) -> None:
        self.board = board
        self.plugged = True
        self.dead = False  # the port is there but nothing comes through
        self.opened = 0
        self.typed = bytearray()
        self.reader: asyncio.StreamReader | None = None
        board.console.output = self.from_board

    async def open(self, url: str) -> Any:
        if not self.plugged:
            raise LinkLost(f"{url}: no such port")
        self.opened += 1
        self.reader = asyncio.StreamReader()
        return self.reader, _Writer(self, self.reader)

    def unplug(self) -> None:
        self.plugged = False
        if self.reader is not None:
            self.reader.set_exception(OSError(5, "Input/output error"))
            self.reader = None

    def plug(self) -> None:
        self.plugged = True

    def to_board(self, data: bytes) -> None:
        self.typed += data
        if not self.dead:
            self.board.console.type(data)

    def from_board(self, data: bytes) -> None:
        if self.reader is not None and not self.dead:
            self.reader.feed_data(data)


class FakePrompt:
    """Stands where a board whose main was stopped stands: echoes, answers keys, can start main."""

    def __init__(self, cable: Cable, starts: bool) -> None:
        self._cable = cable
        self._starts = starts
        self.resets = 0
        cable.to_board = self._type
        self._line: deque[int] = deque()

    def _type(self, data: bytes) -> None:
        for key in data:
            if key == 4 and not self._line:
                self._reset()
            elif key in (2, 3, 13):
                self._line.clear()
                self._say(b"\r\n>>> ")
            elif 32 <= key < 127:
                self._line.append(key)
                self._say(bytes([key]))

    def _reset(self) -> None:
        self.resets += 1
        self._say(b"\r\nMPY: soft reboot\r\n")
        if self._starts:
            del self._cable.to_board  # the class's own again
            self._cable.board.start()
        else:
            self._say(b"ImportError: no module named 'firmware'\r\n>>> ")

    def _say(self, data: bytes) -> None:
        self._cable.from_board(data)
