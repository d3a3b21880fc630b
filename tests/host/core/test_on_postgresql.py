"""The core and the web's view on a PostgreSQL server, also when it drops its connections."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from host.core.events import ReadoutFinished
from host.store import database, migrate, place
from host.web import sight
from host.web.meters_view import MetersView
from host.web.reader import Reader
from tests.fakes import history
from tests.fakes.loop import in_loop
from tests.fakes.postgresql import Cluster
from tests.host.core.test_core import house


@pytest.fixture
def data(tmp_path: Path, cluster: Cluster) -> Iterator[Path]:
    """A data folder whose database is on a server."""
    with cluster.database() as name:
        place.write(tmp_path, cluster.url(name, "house"))
        migrate.upgrade(place.of(tmp_path))
        yield tmp_path


def drop_connections(data: Path) -> None:
    server = place.of(data)
    assert isinstance(server, place.Server)
    query = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    with create_engine(server.url).connect() as connection:
        connection.execute(query)


@in_loop
async def test_readings_are_stored_on_the_server(data: Path) -> None:
    async with house(data) as h:
        await h.call("meters.add", addresses=["5", "7"])
        await h.until_heard(ReadoutFinished)
        await h.until(lambda: len(h.board.acknowledged) == 2)
        assert len(history.stored(place.of(data))) == 2
        sight.look(None)
        view = MetersView(Reader(data), lambda: 900)
        assert [(row.meter.address, row.meter.state) for row in view.rows()] == [
            ("5", "ok"),
            ("7", "ok"),
        ]
        drop_connections(data)
        await h.call("readout.start", meters=None)
        await h.until(lambda: len(h.board.acknowledged) == 4)
        assert len(history.stored(place.of(data))) == 4
        assert (await h.call("state"))["fault"] is None
    assert not history.stored(database.database_path(data))
