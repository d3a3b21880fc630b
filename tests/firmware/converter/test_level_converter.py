"""The converter between a master and a line, in time that jumps: nobody tears, nobody holds it."""

import asyncio
from typing import Any

import pytest

from firmware.bus.quiet_gate import QuietGate
from firmware.converter.level_converter import LevelConverter
from shared.mbus import frames
from tests.fakes.loop import in_jumping_time

SELECT = frames.long_frame(frames.SND_UD, 253, 0x52, b"\xff" * 8)
SETTINGS = {
    "converter.baud": 2400,
    "converter.segment": 1,
    "converter.idle_s": 0,
    "converter.end_on_close": False,
}


def now_s() -> float:
    return asyncio.get_running_loop().time()


class Line:
    """A `BusUart` that keeps when each byte began and ended; `echo`: it hears what it sends."""

    latency_ms = 5

    def __init__(self) -> None:
        self.baud = 2400
        self.bytes: list[tuple[float, float, int]] = []
        self.echo = False
        self.loses_cancellations = 0
        self.reads = 0

    def _put(self, data: bytes) -> None:
        character = 11 / self.baud
        for byte in data:
            start = max(now_s(), self.bytes[-1][1] if self.bytes else 0)
            self.bytes.append((start, start + character, byte))

    async def write(self, data: bytes) -> None:
        self._put(data)
        await asyncio.sleep(self.bytes[-1][1] - now_s())

    async def feed(self, data: bytes) -> int:
        self._put(data[:20])
        return min(len(data), 20)

    async def read(self, count: int, timeout_ms: int) -> bytes:
        self.reads += 1
        try:
            await asyncio.sleep(timeout_ms / 1000)
        except asyncio.CancelledError:
            if not self.loses_cancellations:
                raise
            self.loses_cancellations -= 1
        return b"\xe5" if self.echo else b""

    async def set_baud(self, baud: int) -> None:
        assert not self.bytes or self.bytes[-1][1] <= now_s(), "bytes are on their way"
        self.baud = baud

    def flush_input(self) -> int:
        return 0

    def close(self) -> None:
        pass

    def gaps_bits(self) -> list[float]:
        """The pauses between bytes, in bit times."""
        starts, ends = [one[0] for one in self.bytes[1:]], [one[1] for one in self.bytes]
        return [
            round((start - end) * self.baud, 1)
            for start, end in zip(starts, ends, strict=False)
            if start - end > 0.0001
        ]


class Port:
    """The board's second serial port, at which a master speaks."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._queue: asyncio.Queue[bytes] = asyncio.Queue()

    async def say(self, data: bytes, baud: int) -> None:
        for byte in data:
            await asyncio.sleep(11 / baud)
            self._queue.put_nowait(bytes((byte,)))

    async def read(self, count: int) -> bytes:
        await asyncio.sleep(0.004)  # between two looks of its driver
        data = await self._queue.get()
        while not self._queue.empty():
            data += self._queue.get_nowait()
        return data

    async def write(self, data: bytes) -> None:
        self.heard.append(data)

    async def set_baud(self, baud: int) -> None:
        pass


class Buses:
    """One segment, and whoever holds it."""

    held_by = None

    def __init__(self, line: Line) -> None:
        self.line = line
        self.gate = QuietGate()

    def __getitem__(self, segment: int) -> None:
        return None

    def hold(self, owner: str) -> "Buses":
        return self

    def uart(self, segment: int) -> Line:
        return self.line

    async def __aenter__(self) -> "Buses":
        return self

    async def __aexit__(self, *error: object) -> None:
        return None


class Board:
    """A hal with a second serial port and the settings, and the converter on it."""

    network = None

    def __init__(self, **settings: Any) -> None:
        self.line = Line()
        self.converter = Port()
        self.settings = {**SETTINGS, **settings}
        self.part = LevelConverter(self, Buses(self.line), self)

    def get(self, name: str) -> Any:
        return self.settings[name]

    def ticks_ms(self) -> int:
        return int(now_s() * 1000) % (1 << 30)

    def ticks_us(self) -> int:
        return int(now_s() * 1_000_000) % (1 << 30)

    async def sleep_ms(self, ms: int) -> None:
        await asyncio.sleep(ms / 1000)


class Door:
    """A master's door that only is there."""

    baud = 2400

    def __init__(self, name: str, rest_ms: int = 60_000) -> None:
        self.name = name
        self.rest_ms = rest_ms
        self.closed = False

    def purges(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True

    async def write(self, data: bytes) -> None:
        pass


@pytest.mark.parametrize("baud", [300, 600, 1200, 2400, 4800, 9600])
@in_jumping_time
async def test_a_serial_masters_telegram_leaves_without_a_gap(baud: int):
    board = Board(**{"converter.baud": baud})
    board.part.start()
    task = asyncio.create_task(board.part.run())
    await asyncio.sleep(1)
    for echo in (False, True):
        board.line.bytes.clear()
        board.line.echo = echo
        await board.converter.say(SELECT, baud)
        await asyncio.sleep(1)
        assert bytes(one[2] for one in board.line.bytes) == SELECT
        assert board.line.gaps_bits() == []
    task.cancel()


@in_jumping_time
async def test_a_master_on_tcp_that_writes_in_pieces_does_not_tear_either():
    board = Board()
    board.part.start()
    task = asyncio.create_task(board.part.run())
    await asyncio.sleep(1)
    assert board.part.admit(Door("10.0.0.9"))
    for start in range(0, len(SELECT), 4):
        await board.part.take(SELECT[start : start + 4])
        await asyncio.sleep(4 * 11 / 2400)
    await asyncio.sleep(1)
    assert bytes(one[2] for one in board.line.bytes) == SELECT
    assert board.line.gaps_bits() == []
    assert board.part.state()["sent"] == len(SELECT)
    task.cancel()


@in_jumping_time
async def test_a_change_of_baud_waits_for_what_was_said_before_it():
    board = Board()
    board.part.start()
    task = asyncio.create_task(board.part.run())
    await asyncio.sleep(1)
    door = Door("10.0.0.9")
    board.part.admit(door)
    await board.part.take(SELECT)
    door.baud = 300
    await board.part.take(SELECT)
    await asyncio.sleep(3)
    lengths = [round((end - start) / (11 / 300), 3) for start, end, _ in board.line.bytes]
    assert lengths == [0.125] * 17 + [1] * 17
    task.cancel()


@in_jumping_time
async def test_a_master_that_vanished_without_a_word_gives_way():
    board = Board()
    board.part.start()
    task = asyncio.create_task(board.part.run())
    await asyncio.sleep(100)
    for newcomer, silent_s in (("10.0.0.7", 60), ("10.0.0.9", 5)):
        gone = Door("10.0.0.9")
        assert board.part.admit(gone)
        await asyncio.sleep(1)
        await board.part.take(SELECT)
        await asyncio.sleep(silent_s - 0.5)
        other = Door(newcomer)
        assert not board.part.admit(other), "it may only be between two telegrams"
        assert not gone.closed
        await asyncio.sleep(1)
        assert board.part.admit(other)
        assert gone.closed
        assert board.part.state()["master"] == newcomer
        board.part.leave(gone)
        assert board.part.state()["master"] == newcomer
        board.part.leave(other)
    task.cancel()


@in_jumping_time
async def test_a_master_that_has_just_come_keeps_its_place_before_it_speaks():
    board = Board()
    board.part.start()
    task = asyncio.create_task(board.part.run())
    await asyncio.sleep(100)
    assert board.part.admit(Door("10.0.0.9"))
    assert not board.part.admit(Door("10.0.0.7"))
    assert not board.part.admit(Door("10.0.0.9"))
    task.cancel()


@in_jumping_time
async def test_it_has_let_go_of_the_bus_when_it_is_off_even_if_a_cancellation_is_lost():
    board = Board()
    task = asyncio.create_task(board.part.run())
    board.part.start()
    await asyncio.sleep(1)
    board.line.loses_cancellations = 1
    board.part.stop()
    await asyncio.sleep(1)
    assert not board.part.state()["active"]
    reads = board.line.reads
    await asyncio.sleep(10)
    assert board.line.reads == reads
    task.cancel()
