"""Flash that fails, fills up or decays: what is whole is delivered, what is lost counted once."""

import contextlib
import errno
from pathlib import Path
from typing import Any

import pytest

from firmware import kept_values
from firmware.journal.batch import Batch
from firmware.journal.segment import Segment
from firmware.journal.store import Store
from tests.fakes.loop import in_loop
from tests.firmware.journal.test_store import Board


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


@in_loop
async def test_damaged_entries_are_counted_as_lost_once(board: Board) -> None:
    await board.fill(40)
    await board.fill(40)
    (path,) = (board.folder / "journal").glob("r*")
    whole = bytearray(path.read_bytes())
    whole[-3] ^= 1  # in the last batch
    path.write_bytes(whole)
    for _ in range(3):
        board.start()
        assert len(await board.held()) == board.journal.held == 40
        assert board.journal.lost == 40
    await board.fill(10)
    board.journal.acknowledge(board.boot, 10)
    board.store.tidy()
    board.start()
    assert (board.journal.held, board.journal.lost) == (0, 40)


@in_loop
async def test_a_batch_that_decays_while_the_board_runs_is_passed_over_and_counted(
    board: Board,
) -> None:
    for _ in range(3):
        await board.fill(40)
    (path,) = (board.folder / "journal").glob("r*")
    whole = bytearray(path.read_bytes())
    whole[board.store._readings.segments[0].spans[1][0] + 50] ^= 1
    path.write_bytes(whole)
    for _ in range(2):
        home = [entry["number"] for entry in await board.held()]
        assert home == [*range(1, 41), *range(81, 121)]
        assert (board.journal.held, board.journal.lost) == (80, 40)
    board.journal.acknowledge(1, 120)
    assert (board.journal.held, board.journal.lost) == (0, 40)


@in_loop
async def test_entries_whose_base_is_missing_are_passed_over_and_counted(board: Board) -> None:
    """As an earlier firmware left them, that had taken bases for written which were not."""
    await board.fill(40)
    (segment,) = board.store._readings.segments
    segment.note_base(segment.size + 9999, 0, 0)
    board.add(77, telegrams=[bytes(range(99))])
    await board.journal.save()
    await board.fill(5)
    board.start()
    for _ in range(2):
        assert [entry["number"] for entry in await board.held()] == [*range(1, 41), *range(42, 47)]
        assert (board.journal.held, board.journal.lost) == (45, 1)
    await board.fill(1)
    board.journal.acknowledge(2, 0)
    assert (board.journal.held, board.journal.lost) == (1, 1)
    board.journal.acknowledge(2, 1)
    board.store.tidy()
    board.start()
    assert (board.journal.held, board.journal.lost) == (0, 1)


@in_loop
async def test_an_index_that_could_not_be_made_is_made_again(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.store._readings._size = 2000
    await board.fill(400)
    assert len(board.store._readings.segments) > 2
    told = list(board.told.values())
    note_base = Segment.note_base
    for enough in range(1, 25, 3):
        board.start()
        left = enough

        def note(self: Segment, *base: int) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise MemoryError
            note_base(self, *base)

        with monkeypatch.context() as patch, contextlib.suppress(MemoryError):
            patch.setattr(Segment, "note_base", note)
            await board.held()
        assert board.journal.held == 400
        assert await board.held() == told
        assert board.journal.lost == 0


def test_a_load_that_failed_can_begin_again(board: Board) -> None:
    in_loop(board.fill)(100)
    store = Store(str(board.folder / "journal"))
    loading = store.load()
    next(loading)
    loading.close()
    for _ in store.load():
        pass
    assert (store.left, len(store._readings.segments)) == (100, 1)


@in_loop
async def test_flash_that_is_full_makes_room_by_the_oldest(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ENOSPC though less than the room is taken: others have filled the flash."""
    board.store._readings._size = 2000
    await board.fill(400)
    append, save = Segment.append, kept_values.save
    full = [0, 0]

    def no_space(self: Segment, batch: Batch) -> None:
        if len(board.store._readings.segments) > before - 2:
            full[0] += 1
            raise OSError(errno.ENOSPC, "ENOSPC")
        append(self, batch)

    def nor_there(*value: Any) -> None:
        if len(list((board.folder / "journal").glob("r*"))) > before - 1:
            full[1] += 1
            raise OSError(errno.ENOSPC, "ENOSPC")
        save(*value)

    before = len(board.store._readings.segments)
    monkeypatch.setattr(Segment, "append", no_space)
    monkeypatch.setattr(kept_values, "save", nor_there)
    board.add(1)
    await board.journal.save()
    assert full[0] >= 2
    assert full[1] >= 1
    held = await board.held()
    assert [entry["number"] for entry in held] == list(range(402 - len(held), 402))
    assert 200 < len(held) == board.journal.held
    assert board.journal.lost == 401 - len(held)
    monkeypatch.undo()
    board.start()
    assert board.journal.lost == 401 - len(held)


@in_loop
async def test_a_file_is_not_given_up_before_that_is_kept(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.store._readings._size = 2000
    await board.fill(400)
    board.store._room = board.store.taken

    def broken(*_: Any) -> None:
        raise OSError(errno.EIO, "EIO")

    monkeypatch.setattr(kept_values, "save", broken)
    failed = 0
    while not failed:
        board.add(1)
        try:
            await board.journal.save()
        except OSError:
            failed += 1
    assert board.journal.lost == 0
    assert len(await board.held()) == len(board.told)
