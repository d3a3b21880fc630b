"""A damaged database at start gives way to the newest good backup, and that is said."""

import errno
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from host.store import arrivals, backup, database, rescue
from host.store.database import Damaged, StoreFault
from tests.fakes import history
from tests.fakes.failing_disk import failing
from tests.fakes.history import AT

NOW = AT + timedelta(days=5)


def deliver(path: Path, *numbers: int) -> list[bool]:
    """Have the board deliver these numbers; tell which were stored."""
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        batch = [history.arrival(1, number, NOW + number * history.HOUR) for number in numbers]
        stored = arrivals.append(session, batch)
    engine.dispose()
    return [reading is not None for reading in stored]


def spoil(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))


def test_a_sound_database_is_left_alone(path: Path) -> None:
    history.filled(path)
    backup.keep(path.parent, AT)
    before = path.read_bytes()
    assert rescue.upgrade(path.parent, NOW) is None
    assert path.read_bytes() == before


def test_the_newest_good_backup_comes_and_the_board_delivers_what_it_holds(path: Path) -> None:
    data = path.parent
    history.filled(path)
    backup.keep(data, NOW - timedelta(days=1))
    deliver(path, 1001, 1002)
    kept = history.stored(path)
    newest = backup.keep(data, NOW)
    deliver(path, 1003)  # acknowledged: the board has forgotten it
    spoil(path)
    damaged = path.read_bytes()

    told = rescue.upgrade(data, NOW)

    assert told is not None
    assert "2026-11-25 00:00 UTC" in told
    assert len(told) <= 400
    aside = data / "mbuslink-damaged-20261125T000000Z.db"
    assert aside.name in told
    assert aside.read_bytes() == damaged
    assert history.stored(path) == kept
    assert newest.exists()
    assert deliver(path, 1002, 1004) == [False, True]


def test_a_disk_that_fails_is_no_damage(path: Path) -> None:
    data = path.parent
    history.filled(path)
    backup.keep(data, AT)
    before = path.read_bytes()
    with failing(lambda _: errno.EIO), pytest.raises(StoreFault, match=r"full or fails") as caught:
        rescue.upgrade(data, NOW)
    assert not isinstance(caught.value, Damaged)
    assert path.read_bytes() == before
    assert not list(data.glob("mbuslink-damaged-*"))


def test_a_bad_backup_is_passed_over(path: Path) -> None:
    data = path.parent
    history.filled(path)
    backup.keep(data, AT)
    spoil(backup.keep(data, NOW))
    kept = history.stored(path)
    spoil(path)
    assert "2026-11-20 00:00 UTC" in (rescue.upgrade(data, NOW) or "")
    assert history.stored(path) == kept


@pytest.mark.parametrize("backups", [0, 2])
def test_without_a_good_backup_it_is_refused_and_nothing_is_changed(
    path: Path, backups: int
) -> None:
    data = path.parent
    history.filled(path)
    for _ in range(backups):
        spoil(backup.keep(data, AT))
    spoil(path)
    before = {file: file.read_bytes() for file in data.rglob("*.db")}
    with pytest.raises(Damaged, match=r"restore FILE"):
        rescue.upgrade(data, NOW)
    assert {file: file.read_bytes() for file in data.rglob("*.db")} == before


def test_an_emptied_file_is_damage_where_there_are_backups(path: Path) -> None:
    history.filled(path)
    backup.keep(path.parent, AT)
    kept = history.stored(path)
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()
    path.touch()
    assert rescue.upgrade(path.parent, NOW)
    assert history.stored(path) == kept


def test_it_is_said_until_the_damaged_file_is_deleted(path: Path) -> None:
    data = path.parent
    backup.keep(data, AT)
    spoil(path)
    told = rescue.upgrade(data, NOW)
    assert rescue.upgrade(data, NOW) == told
    (data / "mbuslink-damaged-20261125T000000Z.db").unlink()
    assert rescue.upgrade(data, NOW) is None
    assert not list(data.glob("*.txt"))


def test_a_large_file_is_looked_at_whole_once_it_is_suspected(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "QUICK_CHECK_LIMIT_BYTES", 0)
    data = path.parent
    history.filled(path, hours=500)
    backup.keep(data, AT)
    content = bytearray(path.read_bytes())
    content[-4096:] = b"\xa5" * 4096
    path.write_bytes(content)
    assert rescue.upgrade(data, NOW) is None
    database.suspect(path)
    assert rescue.upgrade(data, NOW) is not None
    assert not database.suspicion(path).exists()
