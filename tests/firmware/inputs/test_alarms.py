"""Alarms come and go with readings and short circuits, and the relays show them."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from firmware.inputs import alarms
from firmware.inputs.alarms import Alarms
from firmware.inputs.relays import Relays
from shared import board_inputs, status_codes
from shared.mbus import encode, frames
from tests.fakes.loop import in_jumping_time
from tests.fakes.virtual_time import MemoryFlash


def telegram(status: int = 0) -> bytes:
    data = encode.variable_data("12345678", "AMT", 1, 4, 7, status, 0, b"")
    return frames.long_frame(0x08, 1, 0x72, data)


def entry(address: str, *telegrams: bytes, error: str | None = None, kind: str = "meter") -> dict:
    wrong = error and {"key": error, "detail": ""}
    told = {"segment": 1, "address": address, "telegrams": list(telegrams)}
    return {**told, "error": wrong, "kind": kind}


class Coil:
    energised = False

    def set(self, energised: bool) -> None:
        self.energised = energised


class Board:
    """A board whose host was heard `heard` times; a virtual second passes at each sleep."""

    def __init__(self, host_away_s: int = 0) -> None:
        self.relays = [Coil(), Coil()]
        self.heard = 0
        self.kept: list[dict] = []
        hal = SimpleNamespace(
            relays=self.relays, sleep_ms=self._sleep_ms, boot=1, ticks_ms=lambda: 5, utc_s=int
        )
        self.warned: list[Callable[[], None]] = []
        hal.on_power_failing = self.warned.append
        self.seconds = 0
        self.alarms = Alarms(hal, self.kept.append)
        settings = SimpleNamespace(get=lambda name: host_away_s)
        self.part = Relays(hal, settings, self.alarms, self)

    async def _sleep_ms(self, ms: int) -> None:
        self.seconds -= 1
        if self.seconds < 0:
            raise asyncio.CancelledError

    def run(self, seconds: int) -> list[bool]:
        self.seconds = seconds
        try:
            asyncio.run(self.part.run())
        except asyncio.CancelledError:
            pass
        return [coil.energised for coil in self.relays]


def test_each_alarm_and_its_end():
    board = Board()
    assert board.run(1) == [False, True]
    for bad, good in (
        (entry("5", error="no_answer"), entry("5", telegram())),
        (entry("5", telegram(), telegram(0x10)), entry("5", telegram())),
    ):
        board.alarms.note(bad)
        assert [coil.energised for coil in board.relays] == [True, False]
        board.alarms.note(good)
        assert [coil.energised for coil in board.relays] == [False, True]
    board.alarms.set_tripped([2])
    assert board.alarms.active() == [(2, "", "bus_overcurrent")]
    assert [coil.energised for coil in board.relays] == [True, False]
    board.alarms.set_tripped([])
    assert board.alarms.active() == []


def test_only_what_the_relays_show_is_an_alarm():
    board = Board()
    board.alarms.note(entry("5", error="no_answer"))
    board.alarms.note(entry("6", telegram(0x08)))
    board.alarms.note(entry("7", error="bus_short"))
    board.alarms.note(entry("board", error="logger_started", kind="status"))
    board.alarms.set_tripped([1])
    keys = [key for _, _, key in board.alarms.active()]
    assert sorted(keys) == ["bus_overcurrent", "meter_fault", "meter_unreadable"]
    assert all(status_codes.drives_relays(key) for key in keys)


def test_meters_and_inputs_that_are_gone_have_no_alarm():
    board = Board()
    broken = board_inputs.temperature_telegram(12345606, "open", None, 1)
    board.alarms.note(entry("T-1", broken, kind="input"))
    board.alarms.note(entry("5", error="no_answer"))
    board.alarms.keep_only(lambda segment, address: False)
    assert [address for _, address, _ in board.alarms.active()] == ["T-1"]
    board.alarms.keep_inputs(["S0-1"])
    assert board.alarms.active() == []


def test_relay_2_falls_when_the_host_has_been_away_for_as_long_as_is_set():
    assert Board().run(90_000) == [False, True], "0: never for that"
    board = Board(60)
    assert board.run(59) == [False, True]
    assert board.run(2) == [False, False]
    board.heard += 1
    assert board.run(1) == [False, True]


def test_a_status_message_goes_into_the_journal():
    board = Board()
    board.alarms.report("bus_overcurrent", "segment 1: 600 mA")
    (kept,) = board.kept
    assert (kept["kind"], kept["address"]) == ("status", "board")
    assert kept["error"] == {"key": "bus_overcurrent", "detail": "segment 1: 600 mA"}


@pytest.fixture
def flash(monkeypatch: pytest.MonkeyPatch) -> MemoryFlash:
    flash = TextFlash()
    monkeypatch.setattr(alarms, "kept_values", flash)
    return flash


class TextFlash(MemoryFlash):
    def load(self, name: str) -> str | None:
        return self.files[name].decode() if name in self.files else None


@in_jumping_time
async def test_after_a_restart_relay_2_stays_down_until_the_meter_was_read(flash: MemoryFlash):
    board = Board()
    board.alarms.note(entry("62140318B405C004", error="no_answer"))
    board.alarms.note(entry("5", telegram(0x10)))
    board.alarms.note(entry("6", error="no_answer"))
    board.alarms.note(entry("6", telegram()))
    for warn in board.warned:
        warn()
    board = Board()
    assert board.alarms.active() == [
        (1, "5", "meter_fault"),
        (1, "62140318B405C004", "meter_unreadable"),
    ]
    board.part._decide()
    assert [coil.energised for coil in board.relays] == [True, False]
    board.alarms.note(entry("5", telegram()))
    board.alarms.note(entry("62140318B405C004", telegram()))
    assert [coil.energised for coil in board.relays] == [False, True]
    board.warned[0]()
    assert Board().alarms.active() == []


@in_jumping_time
async def test_alarms_are_kept_by_themselves_and_once_a_minute_at_most(flash: MemoryFlash):
    board = Board()
    board.alarms._hal.sleep_ms = lambda ms: asyncio.sleep(ms / 1000)
    task = asyncio.create_task(board.alarms.run())
    for _ in range(60):
        board.alarms.note(entry("5", error="no_answer"))
        await asyncio.sleep(5)
        board.alarms.note(entry("5", telegram()))
        await asyncio.sleep(5)
    assert 8 <= flash.writes <= 11, "of ten minutes"
    await asyncio.sleep(120)
    before = flash.writes
    board.alarms.note(entry("7", error="no_answer"))
    await asyncio.sleep(2)
    assert Board().alarms.active() == [(1, "7", "meter_unreadable")], "the first one at once"
    await asyncio.sleep(3600)
    assert flash.writes == before + 1
    task.cancel()


def test_a_file_of_nonsense_is_no_alarm(flash: MemoryFlash):
    flash.files["alarms"] = b"1 5 meter_fault\n\nx y z\n1 6 well\n1 7"
    assert Board().alarms.active() == [(1, "5", "meter_fault")]
