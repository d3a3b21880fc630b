from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from host.store import database, migrate


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with the newest schema and nothing in it."""
    path = database.database_path(tmp_path)
    migrate.upgrade(path)
    return path


@pytest.fixture
def session(path: Path) -> Iterator[Session]:
    """A session of the writer, inside a transaction."""
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        yield session
    engine.dispose()
