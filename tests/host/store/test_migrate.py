import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from host.settings.readout import ReadoutSettings
from host.settings.site import SiteSettings
from host.store import accounts, database, meters, migrate, readings, settings
from host.store.database import StoreFault
from host.store.tables import Base
from tests.fakes.postgresql import Cluster

DUMPS = sorted((Path(__file__).parent / "dumps").glob("*.sql"))


def test_from_nothing_the_schema_is_that_of_the_models(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    migrate.upgrade(path)
    with database.open_writer(path).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.stem)
def test_an_old_dump_comes_up_with_its_readings(dump: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    connection.executescript(dump.read_text())
    connection.close()
    migrate.upgrade(path)
    with database.open_writer(path).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    with database.open_reader(path)() as session:
        found = meters.all(session)
        assert [(m.address, m.state, m.manufacturer) for m in found] == [
            ("10", "ok", "ACW"),
            ("1149037877040E16", "unread", None),
        ]
        assert len(readings.list(session, found[0].id)) == 2
    migrate.upgrade(path)


def test_there_is_a_dump_to_try() -> None:
    assert DUMPS


def test_a_newer_schema_is_refused(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(StoreFault, match="newer release"):
        migrate.upgrade(path)


def test_rows_that_belong_to_nothing_are_refused_and_nothing_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    connection.executescript(DUMPS[-1].read_text())
    connection.execute("DELETE FROM boards")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.commit()
    before = list(connection.iterdump())
    with pytest.raises(StoreFault, match="belong to nothing"):
        migrate.upgrade(path)
    assert list(connection.iterdump()) == before
    connection.close()


def test_the_zone_of_the_reading_dates_becomes_the_sites(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    connection.executescript((DUMPS[0].parent / "0004.sql").read_text())
    connection.close()
    migrate.upgrade(path)
    with database.reading(path) as session:
        assert settings.load(session, SiteSettings).zone == "Europe/Zurich"
        assert settings.load(session, ReadoutSettings).dates == ((0, 31, 23),)


def test_a_server_of_the_release_before_comes_up(cluster: Cluster) -> None:
    with cluster.database() as name:
        place = cluster.place(name)
        migrate.upgrade(place)
        engine = database.open_writer(place)
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE tokens, meter_values, driver_templates"))
            connection.execute(text("ALTER TABLE meters DROP COLUMN values_revision"))
            connection.execute(text("ALTER TABLE users DROP COLUMN expert"))
            connection.execute(text("UPDATE alembic_version SET version_num = '0010'"))
        migrate.upgrade(place)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection)
            assert compare_metadata(context, Base.metadata) == []
        engine.dispose()


def test_users_of_the_release_before_are_no_experts_until_they_say_so(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    connection.executescript((DUMPS[0].parent / "0013.sql").read_text())
    connection.close()
    migrate.upgrade(path)
    with database.reading(path) as session:
        assert [(user.name, user.expert) for user in accounts.all(session)] == [("Olga", False)]
