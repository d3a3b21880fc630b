"""The check finds what is wrong in a database, wherever it lies, and nothing else."""

import sqlite3
from pathlib import Path

import pytest

from host.store import check
from host.store.tables import DAY_MS, block_id, reading_id, to_ms
from tests.fakes import history
from tests.fakes.history import AT

DAY = to_ms(AT) // DAY_MS


def change(path: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement, values)
    connection.commit()
    connection.close()


def test_a_sound_database_is_counted(path: Path) -> None:
    history.filled(path, hours=96)
    report = check.run(path)
    assert (report.problems, report.found) == ([], 0)
    assert (report.meters, report.readings, report.blocks) == (3, 288, 3 * 3)


def test_an_old_schema_and_an_empty_database_are_sound(path: Path, tmp_path: Path) -> None:
    assert check.run(path).found == 0
    old = tmp_path / "old.db"
    connection = sqlite3.connect(old)
    connection.executescript((Path(__file__).parent / "dumps" / "0001.sql").read_text())
    connection.close()
    assert check.run(old).problems == []


@pytest.mark.parametrize(
    ("statement", "values", "problem"),
    [
        (
            "UPDATE blocks SET data = zeroblob(50) WHERE id = ?",
            (block_id(DAY, 2),),
            "meter 2 on 2026-11-20: a day of readings is damaged",
        ),
        (
            "UPDATE blocks SET data = (SELECT data FROM blocks WHERE id = ?) WHERE id = ?",
            (block_id(DAY + 1, 2), block_id(DAY, 2)),
            "meter 2 on 2026-11-20: readings out of order or of another day",
        ),
        (
            "UPDATE readings SET frames = substr(frames, 1, 20) WHERE id = ?",
            (reading_id(to_ms(AT + 80 * history.HOUR), 3),),
            "meter 3 at 2026-11-23 08:00:00 UTC: stored telegram cut short at byte 0",
        ),
        (
            "INSERT INTO readings (id, frames) VALUES (?, x'')",
            (reading_id(to_ms(AT), 9),),
            "meter 9 at 2026-11-20 00:00:00 UTC: a reading of no meter",
        ),
        (
            "UPDATE blocks SET id = ? WHERE id = ?",
            (block_id(DAY, 9), block_id(DAY, 3)),
            "meter 9 on 2026-11-20: readings of no meter",
        ),
        (
            "INSERT INTO dated_readings (id) VALUES (?)",
            (reading_id(to_ms(AT), 9),),
            "meter 9 at 2026-11-20 00:00:00 UTC: taken for a reading date of no meter",
        ),
        (
            "INSERT INTO deliveries (board_id, boot, number) VALUES (77, 1, 1)",
            (),
            "a row of deliveries belongs to nothing in boards",
        ),
    ],
)
def test_what_is_wrong_is_named(path: Path, statement: str, values: tuple, problem: str) -> None:
    history.filled(path, hours=96)
    change(path, statement, *values)
    report = check.run(path)
    assert report.found == 1
    assert report.problems[0].startswith(problem)


def test_a_damaged_page_is_found(path: Path) -> None:
    history.filled(path, hours=400)
    with sqlite3.connect(path) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'readings'"
        ).fetchone()
    connection.close()
    data = bytearray(path.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    path.write_bytes(data)
    report = check.run(path)
    assert report.found
    assert report.problems[0].startswith("the file: ")


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"no database" * 500)
    assert check.run(other).problems == ["the file: it does not begin as an SQLite file"]


def test_progress_ends_with_all(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "_STEP", 10)
    history.filled(path)
    told: list[int] = []
    check.run(path, told.append)
    assert told == sorted(told)
    assert len(told) >= 3
    assert told[-1] == 1000
