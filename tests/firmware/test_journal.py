"""The journal: numbered, kept until acknowledged, bounded, and honest about what it lost."""

from typing import Any

import pytest

from firmware.journal import Journal
from shared.errors import BadSetting


def entry(size: int = 100, count: int = 1) -> dict[str, Any]:
    return {"telegrams": [bytes(size)] * count}


def filled(count: int, room: int = 49152) -> Journal:
    journal = Journal(7, room)
    for _ in range(count):
        journal.add(entry())
    return journal


def numbers(entries: list[Any]) -> list[int]:
    return [e["number"] for e in entries]


def test_a_new_journal_is_empty() -> None:
    journal = Journal(7)
    assert (journal.oldest, journal.newest, journal.lost) == (1, 0, 0)
    assert journal.fetch(0, 32) == []


def test_entries_are_numbered_from_one_and_carry_the_boot() -> None:
    journal = filled(3)
    assert numbers(journal.fetch(0, 32)) == [1, 2, 3]
    assert {e["boot"] for e in journal.fetch(0, 32)} == {7}


def test_fetch_goes_on_after_a_number() -> None:
    journal = filled(10)
    assert numbers(journal.fetch(4, 3)) == [5, 6, 7]
    assert numbers(journal.fetch(9, 3)) == [10]
    assert journal.fetch(10, 3) == []
    assert journal.fetch(1000, 3) == []


def test_fetching_forgets_nothing_acknowledging_does() -> None:
    journal = filled(10)
    journal.fetch(0, 32)
    assert journal.oldest == 1
    journal.acknowledge(7, 4)
    journal.acknowledge(7, 4)
    journal.acknowledge(7, 2)
    assert (journal.oldest, journal.newest, journal.lost) == (5, 10, 0)
    assert numbers(journal.fetch(0, 3)) == [5, 6, 7]


def test_a_full_journal_drops_the_oldest_and_counts_it() -> None:
    journal = filled(1000, room=10_000)
    assert journal.newest == 1000
    assert journal.oldest == journal.lost + 1
    held = journal.fetch(0, 1000)
    assert numbers(held) == list(range(journal.oldest, 1001))
    assert 20 <= len(held) <= 50


def test_acknowledged_entries_are_not_lost_ones() -> None:
    journal = Journal(7, room=10_000)
    for number in range(1, 1000):
        journal.add(entry())
        journal.acknowledge(7, number)
    assert journal.lost == 0


def test_one_entry_larger_than_the_room_is_kept_alone() -> None:
    journal = Journal(7, room=1000)
    journal.add(entry())
    journal.add(entry(250, 32))
    assert numbers(journal.fetch(0, 32)) == [2]
    assert journal.lost == 1


def test_a_fetch_is_no_larger_than_the_board_can_send() -> None:
    journal = Journal(7)
    for _ in range(4):
        journal.add(entry(250, 20))  # 5000 bytes
    assert numbers(journal.fetch(0, 32)) == [1]
    assert numbers(journal.fetch(1, 32)) == [2]
    small = filled(100)
    assert len(small.fetch(0, 32)) == 32


@pytest.mark.parametrize(
    ("boot", "number", "words"),
    [(6, 1, "the journal is of boot 7, not 6"), (7, 4, "the newest entry is 3, not 4")],
)
def test_an_acknowledgement_for_another_journal_is_refused(
    boot: int, number: int, words: str
) -> None:
    journal = filled(3)
    with pytest.raises(BadSetting, match=words):
        journal.acknowledge(boot, number)
    assert journal.oldest == 1
