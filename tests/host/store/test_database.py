import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from host.store import database, meters, migrate
from host.store import place as places
from host.store.database import DiskFull, StoreFault, Unreachable
from host.store.place import Place


def test_the_writer_survives_a_power_cut_and_keeps_references(path: Path) -> None:
    with database.open_writer(path).connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": database.BUSY_TIMEOUT_MS,
    }


def test_every_connection_waits_for_another_that_writes(path: Path) -> None:
    with database.reading(path) as session:
        assert session.scalar(text("PRAGMA busy_timeout")) == database.BUSY_TIMEOUT_MS
    with database.open_plain(path) as connection:
        (waits_ms,) = connection.execute("PRAGMA busy_timeout").fetchone()
    assert waits_ms == database.BUSY_TIMEOUT_MS


def test_a_reader_cannot_write(place: Place) -> None:
    with (
        database.open_reader(place)() as session,
        pytest.raises(DatabaseError, match=r"read-?only"),
    ):
        meters.add(session, "1")


def test_a_reader_sees_the_old_state_while_the_writer_writes(place: Place) -> None:
    from sqlalchemy.orm import Session

    engine = database.open_writer(place)
    reader = database.open_reader(place)
    with Session(engine) as session, session.begin():
        meters.add(session, "1")
        with reader() as other:
            assert list(meters.all(other)) == []
    with reader() as other:
        assert len(meters.all(other)) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"this is no database" * 100,
        lambda data: data[:100] + b"\xff" * 3000 + data[3100:],
        lambda data: data[: len(data) // 2],
        lambda data: data[:4096] + b"\xa5" * (len(data) - 4096),
    ],
    ids=["other file", "schema page", "cut short", "all but the first page"],
)
def test_a_damaged_file_is_named_and_left_alone(path: Path, damage) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    path.write_bytes(damage(path.read_bytes()))
    before = path.read_bytes()
    with pytest.raises(StoreFault) as caught:
        migrate.upgrade(path)
    assert str(path) in str(caught.value)
    assert "backup" in str(caught.value)
    assert path.read_bytes() == before


def test_a_read_only_file_is_named_and_left_alone(path: Path) -> None:
    before = path.read_bytes()
    path.chmod(0o444)
    with pytest.raises(StoreFault, match=r"read-only.*chmod"):
        migrate.upgrade(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"no database" * 500, "damaged"), (b"", "this is not the host's database")],
    ids=["other file", "empty"],
)
def test_who_only_reads_is_told_of_an_unusable_file_too(
    tmp_path: Path, content: bytes, what: str
) -> None:
    path = tmp_path / "mbuslink.db"
    path.write_bytes(content)
    with pytest.raises(StoreFault, match=f"{path}: .*{what}"), database.reading(path) as session:
        meters.all(session)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("53100", DiskFull),
        ("57P01", Unreachable),
        ("08006", Unreachable),
        (None, Unreachable),
        ("42P01", StoreFault),
    ],
)
def test_what_a_server_says_is_known_by_its_code_in_any_language(
    code: str | None, kind: type[StoreFault]
) -> None:
    said = Exception("Auf dem Ger\u00e4t ist kein Speicherplatz mehr verf\u00fcgbar")
    said.sqlstate = code  # type: ignore[attr-defined]
    server = places.server("postgresql://a:secret@b/c")
    found = database.fault(server, DatabaseError("INSERT", None, said))
    assert type(found) is kind
    assert "Speicherplatz" in str(found)
    assert "secret" not in str(found)
