"""Backups: live, whole, counted, and nothing changed when one is bad."""

import os
import sqlite3
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from host.store import backup, database, meters, migrate
from host.store.database import Damaged, DiskFull, StoreFault
from tests.fakes import history
from tests.fakes.history import AT


def put(path: Path, address: str) -> None:
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        meters.add(session, address)
    engine.dispose()


def addresses(path: Path) -> list[str]:
    with database.reading(path) as session:
        return [meter.address for meter in meters.all(session)]


def test_a_backup_is_one_sound_file_with_what_was_committed(path: Path, tmp_path: Path) -> None:
    history.filled(path)
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        meters.add(session, "200")  # not committed: not in it
        folder = tmp_path / "there"
        folder.mkdir()
        backup.make(path, folder / "copy.db")
    engine.dispose()
    assert [file.name for file in folder.iterdir()] == ["copy.db"]
    assert history.stored(folder / "copy.db") == history.stored(path)
    assert "200" not in addresses(folder / "copy.db")


def test_a_backup_is_made_while_the_writer_writes(path: Path, tmp_path: Path) -> None:
    """Each copy has all that was committed before it, and the writer never waits for it."""
    done = threading.Event()
    count = [0]

    def write() -> None:
        engine = database.open_writer(path)
        while not done.is_set():
            with Session(engine) as session, session.begin():
                meters.add(session, str(count[0]))
            count[0] += 1
        engine.dispose()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            before = count[0]
            copy = tmp_path / f"copy{number}.db"
            backup.make(path, copy)
            assert addresses(copy) == [str(n) for n in range(len(addresses(copy)))]
            assert len(addresses(copy)) >= before
    finally:
        done.set()
        writer.join()


def test_a_damaged_database_gives_no_backup(path: Path, tmp_path: Path) -> None:
    history.filled(path)
    spoil(path)
    with pytest.raises(Damaged, match=str(path)):
        backup.make(path, tmp_path / "copy.db")
    assert not list(tmp_path.glob("copy*"))


def test_a_backup_where_nothing_can_be_written_is_told(path: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreFault, match=r"no/copy.db: the backup was not made"):
        backup.make(path, tmp_path / "no" / "copy.db")


def test_a_restored_backup_takes_the_place_and_the_old_is_kept(path: Path, tmp_path: Path) -> None:
    put(path, "1")
    backup.make(path, tmp_path / "copy.db")
    put(path, "2")
    backup.put(tmp_path / "copy.db", path, tmp_path / "before.db")
    assert addresses(path) == ["1"]
    assert addresses(tmp_path / "before.db") == ["1", "2"]


def test_the_log_of_the_old_is_kept_with_it_and_not_mixed_with_the_new(
    path: Path, tmp_path: Path
) -> None:
    """A core that was killed leaves its last commits in the log."""
    put(path, "1")
    backup.make(path, tmp_path / "copy.db")
    keeper = sqlite3.connect(path)  # as long as it is open, the log stays
    keeper.execute("SELECT * FROM meters").fetchall()
    put(path, "2")
    assert path.with_name(f"{path.name}-wal").stat().st_size
    backup.put(tmp_path / "copy.db", path, tmp_path / "before.db")
    keeper.close()
    assert addresses(path) == ["1"]
    assert addresses(tmp_path / "before.db") == ["1", "2"]


def test_a_backup_of_an_older_release_is_brought_up(path: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    connection = sqlite3.connect(old)
    connection.executescript((Path(__file__).parent / "dumps" / "0002.sql").read_text())
    connection.close()
    backup.put(old, path, tmp_path / "before.db")
    assert addresses(path)
    migrate.upgrade(path)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "there is no such file"),
        (b"no database" * 500, "damaged"),
        ("CREATE TABLE other (x)", "no backup of the host's database"),
        ("UPDATE alembic_version SET version_num = '9999'", "newer release"),
    ],
    ids=["none", "other file", "other database", "newer"],
)
def test_a_bad_backup_changes_nothing(
    path: Path, tmp_path: Path, content: bytes | str | None, what: str
) -> None:
    put(path, "1")
    bad = tmp_path / "bad.db"
    if isinstance(content, bytes):
        bad.write_bytes(content)
    elif content is not None:
        if "alembic" in content:
            migrate.upgrade(bad)
        connection = sqlite3.connect(bad)
        connection.execute(content)
        connection.commit()
        connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreFault, match=what) as caught:
        backup.put(bad, path, tmp_path / "before.db")
    assert str(caught.value).startswith(str(bad))
    assert path.read_bytes() == before
    assert {file.name.split(".")[0] for file in tmp_path.iterdir()} <= {"mbuslink", "bad"}
    assert not list(tmp_path.glob("*.part*"))


def test_the_newest_two_are_kept_whatever_the_clock_says(path: Path) -> None:
    data = path.parent
    made = [backup.keep(data, AT + timedelta(days=day)) for day in (0, 1, 40, 2)]
    assert backup.kept(data) == [made[3], made[2]]
    assert backup.made_at(made[3]) == AT + timedelta(days=2)
    assert sorted(os.listdir(data / "backups")) == sorted(file.name for file in made[2:])


def test_what_a_killed_backup_left_goes_with_the_next(path: Path) -> None:
    data = path.parent
    backup.keep(data, AT)
    (data / "backups" / "mbuslink-000002.db.part").write_bytes(b"half")
    backup.keep(data, AT)
    assert not list((data / "backups").glob("*.part*"))


def test_a_backup_never_fills_the_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "RESERVE_BYTES", 1 << 60)
    with pytest.raises(DiskFull, match=r"free \d+ MB"):
        backup.keep(path.parent, AT)
    assert list(backup.kept(path.parent)) == []


def spoil(path: Path) -> None:
    """Overwrite the middle of the file, pages in use among them: its head and schema stay."""
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 3 * 4096] = b"\xa5" * (3 * 4096)
    path.write_bytes(data)
