"""The journal in flash: on a real LittleFS, under real MicroPython, cut off at every operation."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from firmware.journal.journal import Journal
from firmware.journal.series import place_of
from firmware.journal.store import Store
from tests.fakes.loop import in_loop

ROOT = Path(__file__).resolve().parents[3]
UTC = 1_795_371_000


class Hal:
    """A clock that the test moves."""

    scale = 1

    def __init__(self, boot: int) -> None:
        self.boot = boot
        self.now_ms = 4000
        self.utc_at_0: int | None = None

    def ticks_ms(self) -> int:
        return self.now_ms & 0x3FFFFFFF

    def utc_s(self) -> int | None:
        return None if self.utc_at_0 is None else self.utc_at_0 + self.now_ms // self.scale // 1000


class Board:
    """A board that is started again and again on the same flash; remembers what it was told."""

    def __init__(self, folder: Path, room: int = 400_000) -> None:
        self.folder = folder
        self.room = room
        self.boot = 0
        self.told: dict[tuple[int, int], dict[str, Any]] = {}
        self.start()

    def start(self) -> None:
        self.boot += 1
        self.hal = Hal(self.boot)
        self.store = Store(str(self.folder / "journal"), self.room)
        self.journal = Journal(self.hal, store=self.store)
        for _ in self.store.load():
            pass
        self.journal._ready.set()

    def add(self, meter: int, kind: str = "meter", **more: Any) -> None:
        self.hal.now_ms += 750
        entry = {
            "ticks_ms": self.hal.ticks_ms(),
            "utc_s": self.hal.utc_s(),
            "segment": 1 + meter % 3,
            "address": str(meter),
            "baud": 300 << meter % 8,
            "kind": kind,
            "telegrams": [bytes([meter]) * 40, self.hal.now_ms.to_bytes(60, "little")],
            "error": None,
            **more,
        }
        self.journal.add(entry)
        self.told[place_of(entry)] = dict(entry)

    async def fill(self, count: int, kind: str = "meter") -> None:
        for number in range(count):
            self.add(number % 20, kind)
            if number % 40 == 39:
                await self.journal.save()
        await self.journal.save()

    async def held(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while page := await self.journal.fetch(*(place_of(found[-1]) if found else (0, 0)), 32):
            found += page
        return found


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


@in_loop
async def test_what_was_saved_is_there_after_a_restart_as_it_was(board: Board) -> None:
    await board.fill(100)
    board.add(3, telegrams=[], error={"key": "no_answer", "detail": "3: nothing, 3 tries"})
    board.add(0, "status", address="board", telegrams=[], error={"key": "started", "detail": ""})
    board.add(1, "input", address="S0-1", telegrams=[b"abc"])
    board.add(2, telegrams=[bytes(range(250))] * 32)
    await board.journal.save()
    board.start()
    await board.fill(30)
    assert board.journal.state() == {"boot": 2, "newest": 30, "held": 134, "lost": 0}
    assert await board.held() == list(board.told.values())


@in_loop
async def test_acknowledged_entries_go_with_their_files(board: Board) -> None:
    await board.fill(3000)
    board.start()
    await board.fill(50)
    board.journal.acknowledge(1, 2990)
    assert board.journal.held == 60
    assert place_of((await board.held())[0]) == (1, 2991)
    board.store.tidy()
    board.start()
    assert board.journal.held == 60
    board.journal.acknowledge(2, 50 * 0)
    assert board.journal.held == 50
    board.journal.acknowledge(3, 0)
    assert board.journal.held == 0
    board.store.tidy()
    left = {path.name for path in (board.folder / "journal").iterdir()}
    assert left == {"state"}


@in_loop
async def test_the_oldest_go_first_reading_dates_last(tmp_path: Path) -> None:
    board = Board(tmp_path, room=60_000)
    await board.fill(20, "date")
    await board.fill(4000)
    held = await board.held()
    dates, readings = held[:20], held[20:]
    assert {entry["kind"] for entry in dates} == {"date"}
    assert [entry["number"] for entry in readings] == list(range(4021 - len(readings), 4021))
    assert len(readings) > 500
    assert board.journal.lost == 4020 - len(held)
    assert board.store.taken <= 60_000
    board.start()
    assert board.journal.lost == 4020 - len(held)
    await board.fill(8000, "date")  # only now dates go too, after all readings
    assert {entry["kind"] for entry in await board.held()} == {"date"}
    assert board.journal.lost == 12020 - board.journal.held


@in_loop
async def test_utc_is_resolved_later_for_every_boot(board: Board) -> None:
    await board.fill(3)  # boot 1 never knows the time
    end_1 = board.hal.now_ms
    board.start()
    await board.fill(2)  # boot 2 learns it after two entries
    board.hal.utc_at_0 = UTC
    await board.fill(2)
    board.store.tidy()
    board.start()  # boot 3 does not need to know it
    moments = {place_of(entry): entry["utc_s"] for entry in await board.held()}
    assert [moments[2, number] - UTC for number in (1, 2, 3, 4)] == [4, 5, 6, 7]
    # boot 1 counts as if boot 2 had followed at once: it ended with its last batch
    assert moments[1, 1] is not None
    assert UTC - end_1 // 1000 - 1 <= moments[1, 1] <= UTC
    assert moments[1, 3] - moments[1, 1] == 1


@in_loop
async def test_on_a_scaled_twin_utc_is_resolved_in_the_worlds_seconds(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hal, "scale", 20)
    await board.fill(2)
    board.hal.now_ms += 10 * 20 * 1000
    board.hal.utc_at_0 = UTC
    await board.fill(1)
    first, _, last = [entry["utc_s"] for entry in await board.held()]
    assert 10 <= last - first <= 11


@in_loop
async def test_ticks_wrap_and_the_clock_steps(board: Board) -> None:
    board.hal.utc_at_0 = UTC
    for jump_ms in (0, 1 << 28, 1 << 28, 1 << 28, 1 << 28, 1 << 28):
        board.hal.now_ms += jump_ms
        await board.fill(2)
        board.journal._look_at_clock()
    assert board.hal.ticks_ms() < board.hal.now_ms  # it has wrapped
    for step_s in (3600, -3600, 1):
        board.hal.utc_at_0 += step_s
        await board.fill(2)
    board.start()
    assert await board.held() == list(board.told.values())


@in_loop
async def test_moments_before_the_clock_are_right_over_a_wrap_of_the_ticks(board: Board) -> None:
    made_s: list[int] = []
    for _ in range(6):
        for kept in (False, True):
            board.hal.now_ms += 1 << 27
            board.add(1)
            made_s.append(board.hal.now_ms // 1000)
            if kept:
                await board.journal.save()
            board.journal._look_at_clock()
    assert board.hal.ticks_ms() < board.hal.now_ms  # it has wrapped
    board.hal.utc_at_0 = UTC
    for _ in range(2):
        told = [entry["utc_s"] - UTC for entry in await board.held()]
        assert [made - known in (0, 1) for made, known in zip(made_s, told, strict=True)] == 12 * [
            True
        ]
        board.store.tidy()
        board.start()


@in_loop
async def test_a_damaged_batch_is_not_delivered(board: Board) -> None:
    await board.fill(40)
    await board.fill(40)
    (path,) = (board.folder / "journal").glob("r*")
    whole = path.read_bytes()
    for position in range(0, len(whole), 61):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        board.start()
        for entry in await board.held():
            assert entry == board.told[place_of(entry)]
        await board.fill(1)
        assert place_of((await board.held())[-1]) == (board.boot, 1)
        for other in (board.folder / "journal").iterdir():
            other.unlink()
        board.told = {place: entry for place, entry in board.told.items() if place[0] == 1}


def test_a_spoilt_state_is_begun_anew(board: Board) -> None:
    for text in ("", "[", "7", '[1, [0], "x", 3]', "null"):
        (board.folder / "journal" / "state").write_text(text)
        board.start()
        assert board.journal.held == 0


@pytest.mark.parametrize("first", [1, 2, 3])
def test_no_cut_at_any_flash_operation_loses_or_damages_or_repeats(first: int) -> None:
    """A third of the cuts each; about 130 together. See `journal_scenarios`."""
    program = shutil.which("micropython")
    assert program, "micropython is not on PATH: run tools/test"
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from tests.firmware.journal import journal_scenarios as scenarios\n"
        f"print('END', scenarios.cut_everywhere({first}, 3))"
    )
    done = subprocess.run(
        [program, "-X", "heapsize=4m", "-c", code], capture_output=True, text=True, timeout=120
    )
    end = done.stdout.splitlines()[-1:]
    assert end, done.stderr[-2000:]
    assert end[0].startswith("END"), done.stderr[-2000:]
    assert int(end[0].split()[1]) > 100
