"""The journal: numbered, kept until acknowledged, bounded, and honest about what it lost."""

from types import SimpleNamespace
from typing import Any

import pytest

from firmware.journal.journal import Journal
from shared.errors import BadSetting
from tests.fakes.loop import in_loop

HAL = SimpleNamespace(boot=7, scale=1, ticks_ms=lambda: 5, utc_s=lambda: None)


def entry(size: int = 100, count: int = 1, kind: str = "meter") -> dict[str, Any]:
    return {"ticks_ms": 5, "utc_s": None, "kind": kind, "telegrams": [bytes(size)] * count}


def filled(count: int, room: int = 49152) -> Journal:
    journal = Journal(HAL, room)
    for _ in range(count):
        journal.add(entry())
    return journal


async def numbers(journal: Journal, after: int, limit: int) -> list[int]:
    return [e["number"] for e in await journal.fetch(7, after, limit)]


@in_loop
async def test_a_new_journal_is_empty() -> None:
    journal = Journal(HAL)
    assert journal.state() == {"boot": 7, "newest": 0, "held": 0, "lost": 0}
    assert await numbers(journal, 0, 32) == []


@in_loop
async def test_entries_are_numbered_from_one_and_carry_the_boot() -> None:
    journal = filled(3)
    assert await numbers(journal, 0, 32) == [1, 2, 3]
    assert {e["boot"] for e in await journal.fetch(0, 0, 32)} == {7}


@in_loop
async def test_fetch_goes_on_after_a_number() -> None:
    journal = filled(10)
    assert await numbers(journal, 4, 3) == [5, 6, 7]
    assert await numbers(journal, 9, 3) == [10]
    assert await numbers(journal, 10, 3) == []
    assert await numbers(journal, 1000, 3) == []
    assert await journal.fetch(8, 0, 3) == []


@in_loop
async def test_fetching_forgets_nothing_acknowledging_does() -> None:
    journal = filled(10)
    await journal.fetch(0, 0, 32)
    assert journal.held == 10
    journal.acknowledge(7, 4)
    journal.acknowledge(7, 4)
    journal.acknowledge(7, 2)
    journal.acknowledge(6, 99)
    assert journal.state() == {"boot": 7, "newest": 10, "held": 6, "lost": 0}
    assert await numbers(journal, 0, 3) == [5, 6, 7]


@in_loop
async def test_a_full_journal_drops_the_oldest_and_counts_it() -> None:
    journal = filled(1000, room=12_000)
    assert journal.newest == 1000
    assert journal.held == 1000 - journal.lost
    held = await numbers(journal, 0, 1000)
    assert held == list(range(journal.lost + 1, 1001))
    assert 20 <= len(held) <= 50


@in_loop
async def test_a_full_journal_drops_reading_dates_last() -> None:
    journal = Journal(HAL, room=10 * 372)
    for number in range(1, 101):
        journal.add(entry(kind="date" if number in (1, 2, 50) else "meter"))
    assert await numbers(journal, 0, 32) == [1, 2, 50, *range(94, 101)]
    assert journal.lost == 90
    for _ in range(9):
        journal.add(entry(kind="date"))
    assert await numbers(journal, 0, 32) == [2, 50, *range(101, 110)][-10:]


def test_acknowledged_entries_are_not_lost_ones() -> None:
    journal = Journal(HAL, room=10_000)
    for number in range(1, 1000):
        journal.add(entry())
        journal.acknowledge(7, number)
    assert journal.lost == 0


@in_loop
async def test_one_entry_larger_than_the_room_is_kept_alone() -> None:
    journal = Journal(HAL, room=1000)
    journal.add(entry())
    journal.add(entry(250, 32))
    assert await numbers(journal, 0, 32) == [2]
    assert journal.lost == 1


def test_where_memory_is_short_entries_take_less_than_their_room() -> None:
    free = 60_000
    journal = Journal(HAL, room=24576, free=lambda: free - 372 * journal.held)
    for _ in range(200):
        journal.add(entry())
    assert journal.held == 24576 // 372  # bytes, with what is beside the telegram
    free = 20_000
    for _ in range(200):
        journal.add(entry())
    assert journal.held == (20_000 - 12_288) // 372
    free = 0
    journal.add(entry())
    assert journal.held == 4096 // 372  # some may always be
    assert journal.lost == journal.newest - journal.held


@in_loop
async def test_a_fetch_is_no_larger_than_the_board_can_send() -> None:
    journal = Journal(HAL)
    for _ in range(4):
        journal.add(entry(250, 20))  # 5000 bytes
    assert await numbers(journal, 0, 32) == [1]
    assert await numbers(journal, 1, 32) == [2]
    small = filled(100)
    assert len(await small.fetch(0, 0, 32)) == 32


@pytest.mark.parametrize(
    ("boot", "number", "words"),
    [(8, 1, "the journal is of boot 7, not 8"), (7, 4, "the newest entry is 3, not 4")],
)
def test_an_acknowledgement_for_another_journal_is_refused(
    boot: int, number: int, words: str
) -> None:
    journal = filled(3)
    with pytest.raises(BadSetting, match=words):
        journal.acknowledge(boot, number)
    assert journal.held == 3


def test_every_entry_is_told() -> None:
    told: list[Any] = []
    journal = Journal(HAL, tell=lambda method, params: told.append((method, params)))
    journal.add(entry())
    journal.add(entry())
    assert told == [("journal.added", {"boot": 7, "number": n}) for n in (1, 2)]
