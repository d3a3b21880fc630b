from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from host.store import database, migrate
from host.store.place import Place
from tests.fakes import postgresql
from tests.fakes.postgresql import Cluster


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database in a file, with the newest schema and nothing in it."""
    path = database.database_path(tmp_path)
    migrate.upgrade(path)
    return path


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL that runs as long as the tests do."""
    reason = postgresql.why_not()
    if reason is not None:
        pytest.skip(reason)
    with postgresql.cluster() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A database of either kind, with the newest schema and nothing in it."""
    if request.param == "sqlite":
        yield request.getfixturevalue("path")
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    with cluster.database() as name:
        yield cluster.place(name)


@pytest.fixture
def session(place: Place) -> Iterator[Session]:
    """A session of the writer, inside a transaction."""
    engine = database.open_writer(place)
    with Session(engine) as session, session.begin():
        yield session
    engine.dispose()
