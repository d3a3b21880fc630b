"""A `FakeBoard` behind a TCP port, as behind a serial server: for a core in a process of its own.

Every read of a meter gives another telegram, numbered by the energy in it, so that a test can tell
which readings arrived. What the host acknowledged is remembered.
"""

import asyncio
from typing import Any

from shared.errors import MbuslinkError
from shared.mbus import encode, frames
from tests.fakes.board import FakeBoard, OneSegment


def answer(
    address: int, energy: int = 1234, status: int = 0, records: bytes | None = None
) -> bytes:
    """Return the RSP_UD of a heat meter ACW with `energy` in Wh; its number is its address."""
    if records is None:
        records = encode.record("int32", b"\x03", energy)
    data = encode.variable_data(f"{address:08d}", "ACW", 20, 4, 1, status, 0, records)
    return frames.long_frame(frames.RSP_UD, address, 0x72, data)


class CountingWorker(OneSegment):
    """Obeys `Buses`: any address answers, each time with a new energy."""

    def __init__(self) -> None:
        self.busy = False
        self.duration_s = 0.0
        self.asked: list[dict[str, Any]] = []
        self.answers: dict[str, list[bytes] | MbuslinkError] = {}

    async def read_meter(self, segment: int, address: str, **settings: Any) -> list[bytes]:
        self.asked.append({"address": address, **settings})
        number = len(self.asked)
        self.busy = True
        try:
            await asyncio.sleep(self.duration_s)
        finally:
            self.busy = False
        given = self.answers.get(address)
        if isinstance(given, MbuslinkError):
            raise given
        return given or [answer(int(address), number)]


class BoardOverTcp:
    """The board (`board`), its meters (`worker`) and its port (`url`)."""

    def __init__(self) -> None:
        self.board = FakeBoard()
        self.worker = CountingWorker()
        self.board.worker = self.worker
        self.acknowledged: list[dict[str, Any]] = []
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.connected = asyncio.Event()  # somebody is at the port
        self.happened: asyncio.Queue[str] = asyncio.Queue()  # "delivered" or "acknowledged"

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    async def __aenter__(self) -> "BoardOverTcp":
        self.power_on()
        await self.plug()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.unplug()
        self.board.stop()

    def power_on(self) -> None:
        """Start the board: a new boot, an empty journal."""
        self.board.start()
        journal = self.board.journal
        acknowledge = journal.acknowledge

        def noting(boot: int, number: int) -> Any:
            held = [entry for entry, _ in journal._entries]
            self.acknowledged += [entry for entry in held if entry["number"] <= number]
            self.happened.put_nowait("acknowledged")
            return acknowledge(boot, number)

        fetch = journal.fetch

        async def told(boot: int, after: int, limit: int) -> Any:
            page = await fetch(boot, after, limit)
            if page:
                self.happened.put_nowait("delivered")
            return page

        journal.acknowledge = noting
        journal.fetch = told

    async def plug(self) -> None:
        """Listen, at the port of the last time if there was one."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def unplug(self) -> None:
        """Cut every connection and listen no more."""
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    def idle(self) -> bool:
        """Tell whether no meter is being read."""
        return not self.worker.busy

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        console = self.board.console
        self._writers.add(writer)
        while not self.happened.empty():
            self.happened.get_nowait()
        self.connected.set()
        output = writer.write
        console.output = output
        try:
            while data := await reader.read(4096):
                console.type(data)
        except OSError:
            pass
        finally:
            self._writers.discard(writer)
            if not self._writers:
                self.connected.clear()
            if console.output is output:
                console.output = None
            writer.close()
