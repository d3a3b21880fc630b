"""Several loggers in one database: none sees, changes, packs or deletes what is another's."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from host.settings.storage import StorageSettings
from host.store import (
    accounts,
    arrivals,
    audit,
    compaction,
    database,
    meters,
    migrate,
    readings,
    retention,
    settings,
)
from host.store.place import Server
from shared.errors import Busy
from tests.fakes import history, installation
from tests.fakes.history import AT, HOUR
from tests.fakes.postgresql import Cluster

FRAMES = installation.water("20000002", 5)


@pytest.fixture
def both(cluster: Cluster) -> Iterator[tuple[Session, Session]]:
    with cluster.database() as name:
        engines = []
        for logger in ("north", "south"):
            place = cluster.place(name, logger)
            migrate.upgrade(place)
            engines.append(database.open_writer(place))
        with Session(engines[0]) as north, Session(engines[1]) as south:
            yield north, south
        for engine in engines:
            engine.dispose()


def test_each_has_its_own_meters_under_the_same_addresses(both: tuple[Session, Session]) -> None:
    north, south = both
    for session, name in ((north, "Attic"), (south, "Cellar")):
        meters.add(session, "1", name=name)
        session.commit()
    (one,), (other,) = meters.all(north), meters.all(south)
    assert (one.name, other.name) == ("Attic", "Cellar")
    assert one.id != other.id
    assert meters.get(north, other.id) is None
    assert meters.numbers(south) == {"1": other.id}
    assert meters.change(north, "1", {"name": "Roof"}) is not None
    north.commit()
    assert [meter.name for meter in meters.all(south)] == ["Cellar"]


def test_each_has_its_own_settings(both: tuple[Session, Session]) -> None:
    north, south = both
    settings.save(north, StorageSettings(keep_days=10))
    north.commit()
    assert settings.load(south, StorageSettings) == StorageSettings()
    settings.save(south, StorageSettings(keep_days=20))
    south.commit()
    assert settings.load(north, StorageSettings) == StorageSettings(keep_days=10)


def test_each_has_its_own_users_of_the_same_names(both: tuple[Session, Session]) -> None:
    north, south = both
    for session in both:
        accounts.have_first(session)
        session.commit()
    (one,), (other,) = accounts.all(north), accounts.all(south)
    assert accounts.get(north, other.id) is None
    assert one.id != other.id
    accounts.set_password(north, "x", one.id, "hash", must_change=False)
    north.commit()
    assert accounts.all(south) == [other]
    assert len(audit.newest(north, 10)) == 2
    assert len(audit.newest(south, 10)) == 1
    assert audit.names(south) == ["first start"]


def test_each_packs_and_deletes_its_own_days(both: tuple[Session, Session]) -> None:
    north, south = both
    now = AT + timedelta(days=6)
    for number, session in enumerate(both):
        for address in ("1", "2"):
            meters.add(session, address)
        batch = [
            arrivals.Arrival(
                m.id, AT + hour * HOUR, [b"\x68\x00\x00\x68\x00\x16"], f"b{number}", 1, hour
            )
            for hour in range(120)
            for m in meters.all(session)[:1]
        ]
        arrivals.append(session, batch)
        session.commit()
    mine, other = (meters.all(session)[0].id for session in both)
    before = list(readings.list(south, other))
    due = compaction.days_due(north, now)
    for day in due:
        assert compaction.meters_of(north, day) == [mine]
        compaction.pack(north, day, [mine])
        assert compaction.forget(north, day)
    north.commit()
    assert compaction.days_due(north, now) == []
    assert compaction.days_due(south, now) == due
    settings.save(north, StorageSettings(keep_days=2))
    north.commit()
    while (day := retention.day_due(north, now)) is not None:
        readings.delete_before(north, day + 1)
    north.commit()
    assert retention.day_due(south, now) is None
    assert list(readings.list(south, other)) == before
    assert len(readings.list(north, mine)) < len(before)


def test_two_that_write_for_one_logger_are_refused(cluster: Cluster) -> None:
    with cluster.database() as name:
        places: list[Server] = [cluster.place(name, logger) for logger in ("a", "a", "b")]
        for place in places:
            migrate.upgrade(place)
        engines = [database.open_writer(place) for place in places]
        with (
            engines[0].connect(),
            engines[2].connect(),
            pytest.raises(Busy, match="another host writes for this logger"),
        ):
            engines[1].connect()
        for engine in engines:
            engine.dispose()
        with engines[1].connect():
            pass
        engines[1].dispose()


def test_the_databases_own_logger_has_no_name(cluster: Cluster) -> None:
    with cluster.database() as name:
        history.filled(cluster.place(name), hours=2, count=1)
        assert len(history.stored(cluster.place(name))) == 2
