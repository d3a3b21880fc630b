"""L4: what happens on the board and to the meters becomes status messages, told and deleted."""

from pathlib import Path
from typing import Any

from host.core.events import ReadoutFinished, StatusChanged
from host.store import audit, database
from shared.errors import NoAnswer
from tests.fakes.board_over_tcp import BoardOverTcp, answer
from tests.fakes.loop import in_loop
from tests.host.core.test_core import House, house


def report(board: BoardOverTcp, key: str, detail: str) -> None:
    """Enter a status message on the board, as firmware.inputs.alarms does."""
    entry: dict[str, Any] = {"number": None, "boot": board.board.boot, "ticks_ms": 1}
    entry |= {"utc_s": None, "segment": 1, "address": "board", "baud": 2400, "kind": "status"}
    entry |= {"telegrams": [], "error": {"key": key, "detail": detail}}
    board.board.journal.add(entry)


async def listed(h: House, **wanted: Any) -> list[tuple[int, str, int | None, str]]:
    answer = await h.call("status.list", skip=0, limit=100, **wanted)
    return [(m["number"], m["severity"], m["meter"], m["which"]) for m in answer["messages"]]


@in_loop
async def test_l4_what_the_board_says_is_entered_with_its_words(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.until(lambda: h.board.connected.is_set())
        report(h.board, "bus_overcurrent", "segment 2: 11840 mV, 512 mA")
        report(h.board, "weather_bad", "of a newer firmware")
        report(h.board, "bus_recovered", "segment 2: 36000 mV, 12 mA")
        await h.until(lambda: len(h.board.acknowledged) == 3)
        assert await listed(h) == [(1, "info", None, ""), (1, "error", None, "")]
        page = await h.call("status.list", number=1, severity="error", skip=0, limit=9)
        (message,) = page["messages"]
        assert message["key"] == "bus_overcurrent"
        assert message["detail"] == "segment 2: 11840 mV, 512 mA"
        assert page["count"] == 1
        assert any(isinstance(event, StatusChanged) for event in h.heard)


@in_loop
async def test_l4_what_was_not_acknowledged_is_entered_once(tmp_path: Path) -> None:
    async with BoardOverTcp() as board:
        report(board, "logger_started", "")
        acknowledge, board.board.journal.acknowledge = board.board.journal.acknowledge, None
        async with house(tmp_path, board) as h:
            await h.until_heard(StatusChanged)
        board.board.journal.acknowledge = acknowledge
        async with house(tmp_path, board) as h:
            report(board, "bus_load_high", "segment 1: 36000 mV, 380 mA")
            await h.until_heard(StatusChanged)
            assert await listed(h) == [(1, "warning", None, ""), (0, "info", None, "")]


@in_loop
async def test_l4_a_dead_meter_is_told_once_not_at_every_reading(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        h.board.worker.answers = {"5": NoAnswer("5: nothing came"), "6": [answer(6, status=8)]}
        await h.call("meters.add", addresses=["5", "6"])
        await h.until_heard(ReadoutFinished)
        await h.call("readout.start", meters=None)
        await h.until_heard(ReadoutFinished, 2)
        assert sorted(await listed(h)) == [(8, "error", 1, "5"), (10, "warning", 2, "00000006")]
        assert sum(isinstance(event, StatusChanged) for event in h.heard) in (1, 2)


@in_loop
async def test_l4_all_are_deleted_by_somebody_and_had_back(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.until(lambda: h.board.connected.is_set())
        report(h.board, "logger_started", "")
        await h.until_heard(StatusChanged)
        assert await h.call("status.clear", who="Olga") == {"cleared": 1}
        assert await listed(h) == []
        assert h.heard[-1] == StatusChanged(0)
        assert await h.call("status.restore", who="Olga") == {"restored": 1}
        assert len(await listed(h)) == 1
        with database.reading(database.database_path(tmp_path)) as session:
            told = [(one.who, one.what) for one in audit.newest(session, 9) if one.who == "Olga"]
        assert told == [("Olga", "messages.restored"), ("Olga", "messages.cleared")]
