"""What was read is as good as new until somebody commits, and not a moment longer."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from host.store import database, meters, migrate
from host.store.changes import Changes
from host.store.place import Server, server


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    path = database.database_path(tmp_path)
    migrate.upgrade(path)
    return database.open_writer(path)


def watch(data: Path) -> Changes:
    changes = Changes(database.database_path(data))
    changes.mark()  # the first one only opens the file
    return changes


def test_marks_are_equal_until_something_is_committed(tmp_path: Path, engine: Engine) -> None:
    changes = watch(tmp_path)
    mark = changes.mark()
    assert changes.mark() == mark
    with Session(engine) as session, session.begin():
        meters.add(session, "1")
        session.flush()
        assert changes.mark() == mark, "it is not committed"
    after = changes.mark()
    assert after != mark
    assert changes.mark() == after


def test_what_is_rolled_back_is_no_change(tmp_path: Path, engine: Engine) -> None:
    changes = watch(tmp_path)
    mark = changes.mark()
    with Session(engine) as session, session.begin():
        meters.add(session, "1")
        session.rollback()
    assert changes.mark() == mark


def test_another_file_in_its_place_is_a_change(tmp_path: Path, engine: Engine) -> None:
    engine.dispose()
    changes = watch(tmp_path)
    mark = changes.mark()
    path = database.database_path(tmp_path)
    shutil.copy(path, tmp_path / "copy")
    (tmp_path / "copy").replace(path)
    assert changes.mark() != mark
    assert changes.mark() == changes.mark()


def test_no_file_and_no_database_always_count_as_changed(tmp_path: Path) -> None:
    changes = Changes(database.database_path(tmp_path))
    assert changes.mark() != changes.mark()
    database.database_path(tmp_path).write_bytes(b"no database" * 1000)
    assert changes.mark() != changes.mark()
    assert changes.mark() != changes.mark()


def test_a_server_always_counts_as_changed() -> None:
    place = server("postgresql://somebody@127.0.0.1:1/meters")
    assert isinstance(place, Server)
    changes = Changes(place)
    assert changes.mark() != changes.mark()
