"""The night's backup writes what differs: in the end the same as a whole copy."""

import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from host.store import (
    arrivals,
    backup,
    check,
    compaction,
    database,
    meters,
    migrate,
    readings,
    renewal,
    rescue,
)
from host.store.database import Damaged, StoreFault
from host.store.tables import DAY_MS, to_ms
from tests.fakes import history, small_disk
from tests.fakes.history import AT, HOUR
from tests.host.store.test_backup import spoil

NIGHT = timedelta(days=1)
KILLS = 15


@pytest.fixture
def data(path: Path) -> Path:
    """A data folder with a history and the backups of two nights."""
    history.filled(path, hours=24 * 20)
    for number in (1, 2):
        backup.keep(path.parent, AT + number * NIGHT)
    return path.parent


def everything(path: Path) -> dict[str, list[Any]]:
    """Return all rows of all tables."""
    with database.open_plain(path) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for (name,) in names
        }


def work(path: Path, do: Callable[[Session], object]) -> None:
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        do(session)
    engine.dispose()


def plain(path: Path, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, values)


def another_night(path: Path) -> None:
    """Store, pack, delete, register and unregister, as a night and a day may."""
    late = AT + 24 * 20 * HOUR

    def do(session: Session) -> None:
        arrivals.append(
            session,
            [history.arrival(1 + n % 3, 10_000 + n, late + n * HOUR / 3) for n in range(3 * 48)],
        )
        for day in compaction.days_due(session, late + 48 * HOUR):
            compaction.pack(session, day, compaction.meters_of(session, day))
            compaction.forget(session, day)
        readings.delete_before(session, to_ms(AT) // DAY_MS + 2)
        readings.delete_of(session, 2)
        meters.add(session, "40")

    work(path, do)


def change_old_block(path: Path) -> None:
    """Change the last byte of the block in the midst: its length stays."""
    with database.open_plain(path) as connection:
        rows = connection.execute("SELECT id, data FROM blocks ORDER BY id").fetchall()
    key, block = rows[len(rows) // 2]
    changed = block[:-1] + bytes((block[-1] ^ 1,))
    plain(path, "UPDATE blocks SET data = ? WHERE id = ?", changed, key)


@pytest.mark.parametrize("change", [another_night, change_old_block, lambda _: None])
def test_the_older_copy_is_brought_up_to_date_in_place(
    data: Path, change: Callable[[Path], None]
) -> None:
    path = database.database_path(data)
    newer, older = backup.kept(data)
    inode = older.stat().st_ino
    change(path)
    made = backup.keep(data, AT + 3 * NIGHT)
    assert everything(made) == everything(path)
    assert made.stat().st_ino == inode, "it was copied whole"
    assert backup.kept(data) == [made, newer]
    assert backup.made_at(made) == AT + 3 * NIGHT
    assert sorted(os.listdir(data / "backups")) == sorted((newer.name, made.name))
    assert database.damage(made) is None


def test_a_night_writes_next_to_nothing_of_what_stays(data: Path) -> None:
    """All pages but those that differ are the very same, at the same place."""
    path = database.database_path(data)
    before = backup.kept(data)[1].read_bytes()
    change_old_block(path)
    after = backup.keep(data, AT + 3 * NIGHT).read_bytes()
    pages = [before[at : at + 4096] != after[at : at + 4096] for at in range(0, len(after), 4096)]
    assert sum(pages) < len(pages) / 4


def test_an_older_copy_of_another_schema_gives_way_to_a_whole_one(data: Path) -> None:
    newer, older = backup.kept(data)
    plain(older, "ALTER TABLE meters ADD COLUMN more")
    made = backup.keep(data, AT + 3 * NIGHT)
    assert everything(made) == everything(database.database_path(data))
    assert backup.kept(data) == [made, newer]


def test_an_older_copy_of_another_version_gives_way_to_a_whole_one(data: Path) -> None:
    older = backup.kept(data)[1]
    inode = older.stat().st_ino
    plain(older, "UPDATE alembic_version SET version_num = '0001'")
    made = backup.keep(data, AT + 3 * NIGHT)
    assert everything(made) == everything(database.database_path(data))
    assert made.stat().st_ino != inode


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-8192])


@pytest.mark.parametrize("harm", [spoil, cut, lambda path: path.write_bytes(b"")])
def test_a_damaged_older_copy_gives_way_to_a_whole_one(
    data: Path, harm: Callable[[Path], None]
) -> None:
    newer, older = backup.kept(data)
    harm(older)
    made = backup.keep(data, AT + 3 * NIGHT)
    assert backup.kept(data) == [made, newer]
    assert everything(made) == everything(database.database_path(data))
    assert database.damage(made) is None


def test_a_block_that_went_bad_in_the_copy_is_mended(data: Path) -> None:
    older = backup.kept(data)[1]
    change_old_block(older)
    made = backup.keep(data, AT + 3 * NIGHT)
    assert check.run(made).problems == []


def test_a_damaged_database_leaves_both_copies(data: Path) -> None:
    path = database.database_path(data)
    kept = backup.kept(data)
    before = [copy.read_bytes() for copy in kept]
    spoil(path)
    with pytest.raises(Damaged, match=str(path)):
        backup.keep(data, AT + 3 * NIGHT)
    assert backup.kept(data) == kept
    assert [copy.read_bytes() for copy in kept] == before


# --- a full disk ---


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    if not small_disk.may_mount():
        pytest.skip("root alone may mount a disk")
    with small_disk.small_disk(tmp_path / "small", 24) as place:
        yield place


def test_on_a_full_disk_both_copies_stay_and_the_next_night_goes_on(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "RESERVE_BYTES", 0)
    path = database.database_path(small)
    migrate.upgrade(path)
    history.filled(path, hours=24 * 20)
    for number in (1, 2):
        backup.keep(small, AT + number * NIGHT)
    kept = backup.kept(small)
    before = [everything(copy) for copy in kept]
    plain(path, "UPDATE blocks SET data = zeroblob(3000)")
    filler = small_disk.fill(small)
    with filler.open("r+b") as file:  # room for its growth, and none for its journal
        file.truncate(filler.stat().st_size - path.stat().st_size + kept[1].stat().st_size - 4096)
    with pytest.raises(StoreFault, match="full"):
        backup.keep(small, AT + 3 * NIGHT)
    assert backup.kept(small) == kept
    assert [everything(copy) for copy in kept] == before
    filler.unlink()
    made = backup.keep(small, AT + 3 * NIGHT)
    assert everything(made) == everything(path)


# --- kill -9 ---


def forked(do: Callable[[], object]) -> int:
    """Run `do` in a process of its own; return the process."""
    process = os.fork()
    if not process:
        try:
            do()
        finally:
            os._exit(0)
    return process


def killed_before_it_commits(data: Path) -> None:
    """Renew the older copy until all is written to its file but the commit."""
    connect = renewal._connect

    def tight(copy: Path) -> sqlite3.Connection:
        connection = connect(copy)
        connection.execute("PRAGMA cache_size=5")  # pages go to the file before the end
        connection.set_trace_callback(kill)
        return connection

    def kill(statement: str) -> None:
        if statement == "COMMIT":
            os.kill(os.getpid(), signal.SIGKILL)

    def do() -> None:
        renewal._connect = tight
        backup.keep(data, AT + 3 * NIGHT)

    _, status = os.waitpid(forked(do), 0)
    assert os.WIFSIGNALED(status), "it was not killed"


def test_killed_in_its_midst_the_copy_is_never_taken_for_whole(data: Path) -> None:
    path = database.database_path(data)
    newer, older = backup.kept(data)
    before = everything(older)
    another_night(path)
    killed_before_it_commits(data)
    assert backup.kept(data) == [newer]
    assert list((data / "backups").glob("*-journal")), "nothing had been written yet"
    backup.recover(data)
    assert backup.kept(data) == [newer, older]
    assert everything(older) == before
    assert database.damage(older) is None


def test_killed_in_its_midst_the_next_night_goes_on_in_place(data: Path) -> None:
    path = database.database_path(data)
    newer, older = backup.kept(data)
    inode = older.stat().st_ino
    another_night(path)
    killed_before_it_commits(data)
    made = backup.keep(data, AT + 4 * NIGHT)
    assert made.stat().st_ino == inode
    assert everything(made) == everything(path)
    assert backup.kept(data) == [made, newer]


def test_a_start_after_it_takes_the_newest_whole_copy(data: Path) -> None:
    path = database.database_path(data)
    newest, older = (everything(copy) for copy in backup.kept(data))
    another_night(path)
    killed_before_it_commits(data)
    spoil(path)
    assert "2026-11-22 00:00" in (rescue.upgrade(data, AT) or "")
    assert everything(path) == newest
    spoil(backup.kept(data)[0])
    spoil(path)
    assert "2026-11-21 00:00" in (rescue.upgrade(data, AT + HOUR) or "")
    assert everything(path) == older


def test_killed_at_any_moment_a_whole_copy_is_there(data: Path) -> None:
    path = database.database_path(data)
    chance = random.Random(11)
    begun = time.perf_counter()
    backup.keep(data, AT + 3 * NIGHT)
    takes_s = time.perf_counter() - begun
    for number in range(KILLS):
        change_old_block(path)
        known = {copy.name for copy in backup.kept(data)}
        child = forked(lambda number=number: backup.keep(data, AT + (4 + number) * NIGHT))
        time.sleep(chance.uniform(0, takes_s))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        kept = backup.kept(data)
        assert {copy.name for copy in kept} & known, "no copy of before is left"
        assert all(database.damage(copy) is None for copy in kept)
    assert everything(backup.keep(data, AT + 40 * NIGHT)) == everything(path)
    assert len(backup.kept(data)) == backup.KEPT
