"""The board's end of the link, as a host meets it: the real server, a made-up HAL and bus."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from firmware.link_server import LinkServer
from host.device.board import Board
from host.device.facts import BoardState
from host.device.link import BoardLink
from shared.errors import BadAddress, BadSetting, LinkLost, NoAnswer
from shared.link.conversation import CONSOLE, NOTIFICATION, Conversation
from shared.link.messages import BOARD
from tests.fakes.board import TELEGRAM, Cable, FakeBoard
from tests.fakes.loop import in_jumping_time


@asynccontextmanager
async def connected(
    board: FakeBoard, room: int = 49152, heard: list[object] | None = None
) -> AsyncIterator[Board]:
    board.start(room)
    cable = Cable(board)
    states: list[object] = [] if heard is None else heard
    client = Board(
        "port",
        link=lambda url, **given: BoardLink(url, open=cable.open, **given),
        on_journal=lambda *numbers: states.append(numbers),
        on_state=states.append,
    )
    running = asyncio.create_task(client.link.run())
    await client.link.connected.wait()
    try:
        yield client
    finally:
        running.cancel()
        board.stop()
        await asyncio.gather(running, return_exceptions=True)


@in_jumping_time
async def test_a_reading_comes_with_its_telegrams_time_and_place() -> None:
    board = FakeBoard()
    async with connected(board) as client:
        entry = await client.read_meter("1", baud=300, application_reset=0, retries=1)
        assert entry.telegrams == (TELEGRAM,)
        assert (entry.address, entry.baud, entry.boot, entry.number) == ("1", 300, 1, None)
        assert entry.utc_s is not None
        assert entry.error is None
        assert board.worker.asked == [
            {
                "address": "1",
                "baud": 300,
                "snd_nke": True,
                "application_reset": 0,
                "retries": 1,
                "settle_ms": 0,
            }
        ]


@in_jumping_time
async def test_a_meter_or_bus_that_fails_is_an_entry_a_wrong_request_an_error() -> None:
    board = FakeBoard()
    board.worker.answers = {
        "5": NoAnswer("meter 5"),
        "6": LinkLost("bus tcp://x"),
        "999": BadAddress("999"),
    }
    async with connected(board) as client:
        silent = await client.read_meter("5", keep=True)
        assert (silent.telegrams, silent.number) == ((), 1)
        assert isinstance(silent.error, NoAnswer)
        assert str(silent.error) == "meter 5"
        assert isinstance((await client.read_meter("6")).error, LinkLost)
        with pytest.raises(BadAddress, match="999"):
            await client.read_meter("999", keep=True)
        with pytest.raises(BadSetting, match=r"meter.read.baud: 2401 is not one of 300, 600"):
            await client.read_meter("5", baud=2401)
        state = await client.state()
        assert (state.reads_ok, state.reads_failed, state.journal.newest) == (0, 2, 1)


@in_jumping_time
async def test_the_longest_reading_comes_whole() -> None:
    board = FakeBoard()
    telegrams = [bytes([number]) * 261 for number in range(32)]
    board.worker.answers["1"] = telegrams
    async with connected(board) as client:
        assert list((await client.read_meter("1")).telegrams) == telegrams


@in_jumping_time
async def test_kept_readings_are_announced_fetched_and_acknowledged() -> None:
    board = FakeBoard()
    heard: list[object] = []
    async with connected(board, heard=heard) as client:
        for _ in range(40):
            await client.read_meter("1", keep=True)
        await asyncio.sleep(0.1)
        assert [pair for pair in heard if isinstance(pair, tuple)] == [(1, n) for n in range(1, 41)]
        fetched: list[int | None] = []
        while page := (await client.fetch(1, fetched[-1] or 0 if fetched else 0)).entries:
            fetched += [entry.number for entry in page]
            assert all(entry.telegrams == (TELEGRAM,) for entry in page)
        assert fetched == list(range(1, 41))
        left = await client.acknowledge(1, 40)
        assert (left.newest, left.held, left.lost) == (40, 0, 0)
        with pytest.raises(BadSetting, match="of boot 1, not 2"):
            await client.acknowledge(2, 40)


@in_jumping_time
async def test_a_gap_in_the_journal_is_told() -> None:
    board = FakeBoard()
    async with connected(board, room=2000) as client:
        for _ in range(20):
            await client.read_meter("1", keep=True)
        page = await client.fetch()
        assert page.journal.lost == page.entries[0].number - 1 == 20 - page.journal.held
        assert page.journal.lost > 5


@in_jumping_time
async def test_the_state_is_answered_while_a_meter_is_read() -> None:
    board = FakeBoard()
    board.worker.duration_s = 30
    async with connected(board) as client:
        reading = asyncio.create_task(client.read_meter("1"))
        await asyncio.sleep(1)
        state = await client.state()
        assert state.bus_busy
        assert not reading.done()
        assert (await reading).telegrams == (TELEGRAM,)
        assert not (await client.state()).bus_busy
        assert len(board.worker.asked) == 1


@in_jumping_time
async def test_the_state_comes_by_itself() -> None:
    heard: list[object] = []
    async with connected(FakeBoard(), heard=heard):
        await asyncio.sleep(10)
    states = [state for state in heard if isinstance(state, BoardState)]
    assert len(states) >= 5
    assert states[-1].heap_free == 123456


@in_jumping_time
async def test_the_first_word_of_a_board_is_its_state_with_the_boot() -> None:
    board = FakeBoard()
    written = bytearray()
    board.console.output = written.extend
    board.start()
    await asyncio.sleep(1)
    board.stop()
    ((kind, method, params),) = Conversation(BOARD, "host").receive(bytes(written), 0)
    assert (kind, method, params["boot"]) == (NOTIFICATION, "board.state", 1)


@in_jumping_time
async def test_a_bug_in_a_handler_is_an_answer_and_the_server_goes_on() -> None:
    board = FakeBoard()
    async with connected(board) as client:
        with pytest.raises(Exception, match=r"error: KeyError\('77'\)"):
            await client.read_meter("77")  # KeyError in the made-up worker
        assert (await client.state()).boot == 1


@in_jumping_time
async def test_garbage_on_the_console_changes_nothing() -> None:
    board = FakeBoard()
    async with connected(board) as client:
        for _ in range(256):
            board.console.type(b"\x1e[garbage" * 512)
        assert board.server._talk.reader.held() <= 2048
        assert (await client.state()).link_damaged > 100_000
        assert CONSOLE not in [event[0] for event in board.server._talk.receive(b"text\n", 0)]


@in_jumping_time
async def test_a_word_that_cannot_be_said_fails_the_server_which_starts_again() -> None:
    class Stream:
        async def read(self, count: int) -> bytes:
            await asyncio.Event().wait()
            return b""

        async def write(self, data: bytes) -> None:
            raise MemoryError

    class Hal:
        def link_stream(self) -> Stream:
            return Stream()

    link = LinkServer(Hal())
    running = asyncio.create_task(link.run())
    link.tell("journal.added", {"boot": 1, "number": 1})
    with pytest.raises(MemoryError):
        await asyncio.wait_for(running, 10)
