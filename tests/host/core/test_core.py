"""The core against a board behind TCP: the real link server, journal, database and socket."""

import asyncio
import contextlib
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from host.core.core import Core
from host.core.events import (
    Event,
    FaultChanged,
    LinkChanged,
    ReadingsStored,
    ReadoutFinished,
    ReadoutStarted,
    SettingsChanged,
)
from host.core.services import SERVICES, socket_path
from host.device.async_conversation import AsyncConversation
from host.settings.readout import ReadoutSettings
from host.settings.storage import StorageSettings
from host.store import audit, database, meters, migrate, readings, settings
from host.store.meters import Meter
from host.store.readings import Reading
from shared import board_settings
from shared.errors import BadAddress, BadSetting, Busy, LinkLost, NoAnswer
from tests.fakes.board_over_tcp import BoardOverTcp, answer
from tests.fakes.loop import in_loop

ANNA = {"name": "Anna", "role": "standard", "password": "secret of hers", "must_change": True}


class House:
    """A running core with its board, a caller at its socket, and what was heard."""

    def __init__(self, data: Path, board: BoardOverTcp, core: Core, line: AsyncConversation):
        self.data = data
        self.board = board
        self.core = core
        self.line = line
        self.heard: list[Event] = []
        self._news = asyncio.Event()
        core.events.subscribe(self._hear)

    def _hear(self, event: Event) -> None:
        self.heard.append(event)
        self._news.set()

    async def until(self, condition: Any) -> None:
        """Wait until `condition()` holds; it is asked after every event."""
        async with asyncio.timeout(20):
            while not condition():
                self._news.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), 0.05)

    async def until_heard(self, kind: type, count: int = 1) -> None:
        await self.until(lambda: sum(isinstance(e, kind) for e in self.heard) >= count)

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        return await self.line.call(method, **params)

    def meters(self) -> list[Meter]:
        with database.open_reader(database.database_path(self.data))() as session:
            return list(meters.all(session))

    def readings(self, meter_id: int = 1) -> list[Reading]:
        with database.open_reader(database.database_path(self.data))() as session:
            return list(readings.list(session, meter_id, oldest_first=True))


@contextlib.asynccontextmanager
async def house(data: Path, board: BoardOverTcp | None = None, cycle_s: int = 900):
    async with contextlib.AsyncExitStack() as stack:
        migrate.upgrade(database.database_path(data))
        if board is None:
            board = await stack.enter_async_context(BoardOverTcp())
        stop = asyncio.Event()
        core = Core(data, board.url, ReadoutSettings(cycle_s=cycle_s))
        running = asyncio.create_task(core.run(stop))
        await asyncio.sleep(0)  # the socket is there when `run` first waits
        reader, writer = await asyncio.open_unix_connection(str(socket_path(data)))
        line = AsyncConversation(SERVICES, reader, writer)
        serving = asyncio.create_task(line.run())
        yield House(data, board, core, line)
        stop.set()
        await running
        await serving


@in_loop
async def test_a_meter_added_is_read_stored_acknowledged_and_told(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        added = await h.call("meters.add", addresses=["5", "7"], name="Cellar")
        assert added == {
            "added": [{"id": 1, "address": "5"}, {"id": 2, "address": "7"}],
            "known": [],
        }
        await h.until_heard(ReadoutFinished)
        assert [(m.address, m.state, m.serial, m.name) for m in h.meters()] == [
            ("5", "ok", "00000005", "Cellar"),
            ("7", "ok", "00000007", "Cellar"),
        ]
        assert [r.frames for r in h.readings(2)] == [[answer(7, 2)]]
        await h.until(lambda: len(h.board.acknowledged) == 2)
        kinds = [type(event) for event in h.heard if not isinstance(event, LinkChanged)]
        assert kinds.index(ReadoutStarted) < kinds.index(ReadingsStored)
        assert kinds[-1] is ReadoutFinished
        state = await h.call("state")
        assert (state["link"], state["meters"], state["readings_stored"]) == ("connected", 2, 2)
        assert state["last_readout"]["total"] == 2
        assert state["board"]["unique_id"] == "e660a4c317"


@in_loop
async def test_a_silent_plant_makes_errors_and_no_readings(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        h.board.worker.answers = {"5": NoAnswer("5: nothing came"), "6": [answer(6, status=8)]}
        await h.call("meters.add", addresses=["5", "6"])
        await h.until_heard(ReadoutFinished)
        silent, faulty = h.meters()
        assert (silent.state, silent.error_key) == ("error", "no_answer")
        assert "nothing came" in (silent.error_detail or "")
        assert faulty.state == "alarm"
        assert h.readings() == []
        finished = next(event for event in h.heard if isinstance(event, ReadoutFinished))
        assert (finished.total, finished.done, finished.failed) == (2, 2, 1)


@in_loop
async def test_read_now_uses_the_meters_settings_and_stores(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.call("meters.add", addresses=["5"], baud=300)
        await h.until_heard(ReadoutFinished)
        entry = (await h.call("meter.read", address="005"))["entry"]
        assert entry["telegrams"] == [answer(5, 2).hex()]
        assert len(h.readings()) == 2
        assert h.board.worker.asked[-1]["baud"] == 300
        entry = (await h.call("meter.read", address="9", baud=9600, snd_nke=False))["entry"]
        assert entry["number"] is None
        assert h.board.worker.asked[-1]["baud"] == 9600
        assert h.board.worker.asked[-1]["snd_nke"] is False
        assert (await h.call("readout.start", meters=None)) == {"meters": 1, "spent": 0}
        await h.until_heard(ReadoutFinished, 2)
        assert len(h.readings()) == 3


@in_loop
async def test_a_wrong_request_is_refused_by_name(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        with pytest.raises(BadAddress, match="255"):
            await h.call("meters.add", addresses=["5", "255"])
        with pytest.raises(BadAddress, match="254: means any meter"):
            await h.call("meters.add", addresses=["254"])
        with pytest.raises(BadSetting):
            await h.call("meters.add", addresses=["5"], cycle_s=1)
        assert h.meters() == []
        await h.call("meters.add", addresses=["5"])
        again = await h.call("meters.add", addresses=["5", "6"])
        assert (again["known"], again["added"]) == (["5"], [{"id": 2, "address": "6"}])


@in_loop
async def test_a_readout_goes_on_after_the_cable_was_out(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        h.board.worker.duration_s = 0.1
        await h.call("meters.add", addresses=[str(n) for n in range(1, 9)])
        await h.until(lambda: len(h.board.worker.asked) == 3)
        await h.board.unplug()
        await h.until(lambda: any(e == "not_connected" for e in _links(h)))
        with pytest.raises(LinkLost):
            await h.call("meter.read", address="1")
        assert (await h.call("state"))["link_detail"] != ""
        await h.board.plug()
        await h.until_heard(ReadoutFinished)
        assert [meter.state for meter in h.meters()] == ["ok"] * 8
        finished = next(event for event in h.heard if isinstance(event, ReadoutFinished))
        assert (finished.done, finished.failed) == (8, 0)


@in_loop
async def test_a_board_killed_in_mid_readout_costs_no_stored_reading(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        h.board.worker.duration_s = 0.1
        await h.call("meters.add", addresses=[str(n) for n in range(1, 7)])
        await h.until(lambda: len(h.board.worker.asked) == 3)
        h.board.board.stop()
        await h.board.unplug()
        h.board.power_on()
        await h.board.plug()
        await h.until_heard(ReadoutFinished)
        assert [meter.state for meter in h.meters()] == ["ok"] * 6
        _nothing_lost(h)


@in_loop
async def test_what_was_left_on_the_board_comes_home_first(tmp_path: Path) -> None:
    async with BoardOverTcp() as board:
        async with house(tmp_path, board) as h:
            await h.call("meters.add", addresses=["5"])
            await h.until_heard(ReadoutFinished)
        for energy in range(100, 140):
            board.board.journal.add(
                {
                    "ticks_ms": 0,
                    "utc_s": 1_700_000_000 + energy,
                    "segment": 1,
                    "address": "5",
                    "baud": 2400,
                    "kind": "meter",
                    "telegrams": [answer(5, energy)],
                    "error": None,
                }
            )
        async with house(tmp_path, board) as h:
            await h.until(lambda: not board.board.journal.held)
            stored = h.readings()
            assert [r.frames[0] for r in stored[:40]] == [answer(5, n) for n in range(100, 140)]
            assert stored[0].at.timestamp() == 1_700_000_100
            _nothing_lost(h)


@in_loop
async def test_readings_of_earlier_boots_come_home_and_the_boards_own_words_do_not(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.call("meters.add", addresses=["5"])
        await h.until_heard(ReadoutFinished)
        await h.until(lambda: not h.board.board.journal.held)
        journal = h.board.board.journal
        entry = {"segment": 1, "address": "5", "baud": 2400, "error": None, "ticks_ms": 0}
        started = {"key": "logger_started", "detail": "power"}
        for energy in (100, 101, 102):
            utc_s = 1_700_000_000 + energy
            frames = [answer(5, energy)]
            journal.add({**entry, "kind": "date", "telegrams": frames, "utc_s": utc_s})
        status = {**entry, "kind": "status", "address": "board", "telegrams": [], "error": started}
        journal.add({**status, "utc_s": 1_700_000_110})
        for kept, _ in journal._entries[-4:-2]:
            kept["boot"] = 0  # as if it had restarted after the second
        await h.until(lambda: not journal.held)
        assert [r.frames[0] for r in h.readings()[:3]] == [answer(5, n) for n in (100, 101, 102)]
        assert len(h.readings()) == 4


@in_loop
async def test_a_full_disk_keeps_the_readings_on_the_board(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.call("meters.add", addresses=["5"])
        await h.until_heard(ReadoutFinished)
        with contextlib.closing(sqlite3.connect(database.database_path(tmp_path))) as file:
            file.execute("VACUUM")  # pages that the migration left free would take the reading
        full = "PRAGMA max_page_count=1"  # SQLite takes the present size when that is larger
        await h.core._writer.run(lambda session: session.execute(text(full)))
        entry = {"ticks_ms": 0, "utc_s": None, "segment": 1, "address": "5", "baud": 2400}
        large = [answer(5, records=bytes([0x0F]) + bytes(200))] * 30
        h.board.board.journal.add({**entry, "kind": "meter", "telegrams": large, "error": None})
        await h.until_heard(FaultChanged)
        assert "full; free some space" in _fault(h)
        assert (await h.call("state"))["fault"] == _fault(h)
        assert h.board.board.journal.held == 1
        room = "PRAGMA max_page_count=100000"
        await h.core._writer.run(lambda session: session.execute(text(room)))
        await h.until(lambda: FaultChanged(None) in h.heard)
        await h.until(lambda: len(h.board.acknowledged) == 2)
        assert large in [reading.frames for reading in h.readings()]


def _fault(h: House) -> str:
    return next(e.fault or "" for e in h.heard if isinstance(e, FaultChanged))


@in_loop
async def test_the_board_gets_every_setting_and_anew_when_something_changes(
    tmp_path: Path,
) -> None:
    async with house(tmp_path, cycle_s=1200) as h:
        await h.call("meters.add", addresses=["5"])
        await h.call("meters.add", addresses=["6"], cycle_s=10, baud=300)
        await h.until_heard(ReadoutFinished, 2)
        told = await _schedule(h)
        assert told["cycle_s"] == 1200
        assert [(m["address"], m["cycle_s"], m["baud"]) for m in told["meters"]] == [
            ("5", None, 2400),
            ("6", 10, 300),
        ]
        assert (await h.call("state"))["schedule"]["given"]
        changes = {"per_day": 2, "snd_nke": False, "cycle_s": None, "name": "Attic"}
        await h.call("meters.change", addresses=["6"], changes=changes)
        await h.call("settings.change", chapters={"readout": {"dates": [[0, 31, 23]]}})
        await h.call("settings.change", chapters={"site": {"zone": "Europe/Zurich"}})
        with pytest.raises(BadSetting, match="no reading date of month 13"):
            await h.call("settings.change", chapters={"readout": {"dates": [[13, 31, 23]]}})
        await h.call("settings.change", chapters={"readout": {"cycle_s": 0}})
        await h.call("meters.delete", addresses=["5"])
        with pytest.raises(BadAddress, match="77"):
            await h.call("meters.delete", addresses=["6", "77"])
        with pytest.raises(BadSetting, match="segment"):
            await h.call("meters.change", addresses=["6"], changes={"segment": 4})
        async with asyncio.timeout(10):
            while (told := await _schedule(h))["total"] != 1 or not told["meters"][0]["per_day"]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert told["cycle_s"] == 0
        assert told["dates"] == [[0, 31, 23]]
        assert len(told["offsets"]) > 2  # summer time comes and goes
        (meter,) = told["meters"]
        assert (meter["address"], meter["cycle_s"], meter["per_day"]) == ("6", None, 2)
        assert meter["snd_nke"] is False
        assert [m.name for m in h.meters()] == ["Attic"]


@in_loop
async def test_for_how_long_readings_are_kept_is_set(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.call("settings.change", chapters={"storage": {"keep_days": 400}})
        await h.until(lambda: SettingsChanged("storage") in h.heard)
        with database.reading(database.database_path(tmp_path)) as session:
            assert settings.load(session, StorageSettings).keep_days == 400


@in_loop
async def test_every_change_is_written_down_with_who_made_it(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.until(lambda: LinkChanged("connected", "") in h.heard)
        olga = {"who": "Olga"}
        await h.call("meters.add", addresses=["5", "6"], name="Attic", **olga)
        await h.until_heard(ReadoutFinished)
        await h.call("meters.change", addresses=["5"], changes={"baud": 300}, **olga)
        await h.call("meters.change", addresses=["5"], changes={"baud": 300}, **olga)
        await h.call("meters.delete", addresses=["6"])
        await h.call("meters.restore", addresses=["6"], **olga)
        with pytest.raises(BadAddress, match="no deleted meter"):
            await h.call("meters.restore", addresses=["6"])
        both = {"readout": {"cycle_s": 60, "dates": [[0, 1, 0]]}, "storage": {"keep_days": 30}}
        await h.call("settings.change", chapters=both, **olga)
        wanted = {"name": "Cellar", "network.key": "secret of the house"}
        kept = {"name": "", "language": "de", "network.key": ""}

        async def settings_of_board(changes: dict[str, Any]) -> dict[str, Any]:
            kept.update(changes)
            return board_settings.shown(kept)

        h.core._board.settings = settings_of_board
        await h.call("board.settings", values={}, **olga)
        await h.call("board.settings", values=wanted, **olga)
        await h.call("users.add", **olga, **ANNA)
        with database.open_reader(database.database_path(tmp_path))() as session:
            told = list(reversed(audit.newest(session, 99)))
    assert [(entry.who, entry.what, entry.which) for entry in told] == [
        ("Olga", "meter.added", "5"),
        ("Olga", "meter.added", "6"),
        ("Olga", "meter.changed", "5"),
        ("command line", "meter.deleted", "6"),
        ("Olga", "meter.restored", "6"),
        ("Olga", "settings.changed", "readout"),
        ("Olga", "settings.changed", "storage"),
        ("Olga", "board.changed", ""),
        ("Olga", "user.added", "Anna"),
    ]
    assert (told[2].before, told[2].after) == ({"baud": 2400}, {"baud": 300})
    assert told[3].before == {"name": "Attic", "site": "", "serial": "00000006"}
    assert told[5].after == {"cycle_s": 60, "dates": [[0, 1, 0]]}
    assert told[7].after == {"name": "Cellar", "network.key": "***"}
    assert "secret" not in str(told)


@in_loop
async def test_another_meter_at_an_address_is_taken_and_told(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.call("meters.add", addresses=["5"])
        await h.until_heard(ReadoutFinished)
        before = h.meters()[0].secondary
        assert h.meters()[0].changed_from is None
        h.board.worker.answers["5"] = [answer(77)]
        await h.call("readout.start", meters=None)
        await h.until_heard(ReadoutFinished, 2)
        assert (h.meters()[0].serial, h.meters()[0].changed_from) == ("00000077", before)
        assert len(h.readings()) == 2
        await h.call("meters.change", addresses=["5"], changes={"changed_from": None})
        assert h.meters()[0].changed_from is None


async def _schedule(h: House) -> dict[str, Any]:
    return (await h.board.board.logger.handlers()["schedule.get"]({"first": 0}))["schedule"]


def _links(h: House) -> list[str]:
    return [event.state for event in h.heard if isinstance(event, LinkChanged)]


def _nothing_lost(h: House) -> None:
    """Every acknowledged entry with telegrams is stored, and none twice."""
    stored = Counter(b"".join(r.frames) for m in h.meters() for r in h.readings(m.id))
    acknowledged = {
        (e["boot"], e["number"]): b"".join(e["telegrams"])
        for e in h.board.acknowledged
        if e["telegrams"]
    }
    assert set(stored.values()) == {1}  # the fake counts its answers: no two are alike
    assert set(acknowledged.values()) <= set(stored)


@in_loop
async def test_events_reach_the_socket(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        heard: list[dict[str, Any]] = []
        reader, writer = await asyncio.open_unix_connection(str(socket_path(tmp_path)))
        line = AsyncConversation(
            SERVICES, reader, writer, on_notification=lambda _, params: heard.append(params)
        )
        running = asyncio.create_task(line.run())
        await line.call("meters.add", addresses=["5"])
        await h.until(lambda: any(e["type"] == "ReadoutFinished" for e in heard))
        types = [event["type"] for event in heard]
        assert {"MeterChanged", "ReadoutStarted", "ReadingsStored"} <= set(types)
        line.close("done")
        await running


@in_loop
async def test_a_meter_is_read_by_its_other_address_and_nothing_is_lost(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.call("meters.add", addresses=["5"], name="Attic")
        with pytest.raises(BadSetting, match="read the meter once"):
            await h.call("meters.change", addresses=["5"], changes={"read_by": "secondary"})
        await h.until_heard(ReadoutFinished)
        (before,) = h.meters()
        assert before.secondary is not None
        await h.call("meters.change", addresses=["5"], changes={"read_by": "secondary"})
        (after,) = h.meters()
        assert (after.id, after.address, after.read_by) == (1, before.secondary, "secondary")
        with database.open_reader(database.database_path(tmp_path))() as session:
            assert meters.numbers(session) == {"5": 1, before.secondary: 1}
        await h.call("meters.add", addresses=["5"])
        wanted = {"read_by": "primary"}
        with pytest.raises(Busy, match="5: this address is registered"):
            await h.call("meters.change", addresses=[before.secondary], changes=wanted)
        with database.open_reader(database.database_path(tmp_path))() as session:
            assert meters.numbers(session)["5"] == 2, "who has an address now goes before"


@in_loop
async def test_who_had_meters_read_or_an_export_made_is_on_record(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.call("meters.add", addresses=["5"])
        await h.until_heard(ReadoutFinished)
        await h.call("readout.start", meters=[1], who="Olga")
        wanted = {"meters": None, "medium": None, "since_ms": None, "until_ms": None}
        wanted |= {"dates": False, "kind": "standard", "separator": ";", "mark": "."}
        made = await h.call("export.start", **wanted, language="en", bom=False, who="Olga")
        await h.call("export.delete", **made, who="Paula")
        with database.reading(database.database_path(tmp_path)) as session:
            told = [(one.who, one.what, one.which) for one in audit.newest(session, 3)]
        assert told == [
            ("Paula", "export.deleted", "1"),
            ("Olga", "export.started", "1"),
            ("Olga", "readout.asked", "5"),
        ]
