"""From a file to a server that others use: everything, and ended anywhere it goes on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from host.__main__ import main
from host.settings.readout import ReadoutSettings
from host.settings.template import Kind, Template
from host.settings.value import ValueKey, ValueSettings
from host.store import (
    accounts,
    arrivals,
    audit,
    compaction,
    database,
    meters,
    migrate,
    move,
    readings,
    settings,
    templates,
    tokens,
    value_settings,
)
from host.store.place import Place, Server
from host.store.tables import DAY_MS, to_ms
from tests.fakes import history, installation
from tests.fakes.history import AT
from tests.fakes.postgresql import Cluster

LAST = 3 * 24 * 20
OWN = {ValueKey("0c13", 0): ValueSettings(designation="Water", factor="1000", phase=2)}
USUAL = {"meter_type": None, "snd_nke": True, "application_reset": None}
TEMPLATE = Template("Water", Kind("HYD", 7, 4), USUAL, OWN)


@pytest.fixture
def servers(cluster: Cluster) -> Iterator[tuple[Server, Server]]:
    """Two loggers in one database; the first has meters and readings already."""
    with cluster.database() as name:
        ours, other = cluster.place(name, "ours"), cluster.place(name, "other")
        migrate.upgrade(ours)
        migrate.upgrade(other)
        history.filled(other, hours=70, count=2)
        yield ours, other


def everything(place: Place) -> dict[str, list[tuple[object, ...]]]:
    """Return the readings by the address of their meter."""
    with database.reading(place) as session:
        return {
            meter.address: [(r.at, *r.frames) for r in readings.list(session, meter.id)]
            for meter in meters.all(session)
        }


def filled(path: Path) -> None:
    history.filled(path, hours=24 * 20)
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        settings.save(session, ReadoutSettings(cycle_s=1234))
        value_settings.change(session, "Olga", meters.all(session)[1], OWN)
        templates.add(session, "Olga", TEMPLATE)
        frames = installation.water("20000002", 5)
        at = AT + timedelta(days=19.99)
        arrivals.append(session, [arrivals.Arrival(2, at, frames, "c", 3, 9, dated=True)])
    engine.dispose()


def test_all_is_moved_and_the_others_are_left_alone(
    path: Path, servers: tuple[Server, Server]
) -> None:
    ours, other = servers
    filled(path)
    before, others = everything(path), everything(other)
    assert move.run(path, ours) == 3 * 19
    assert everything(ours) == before
    assert everything(other) == others
    with database.reading(other) as session:
        assert templates.all(session) == []
    with database.reading(ours) as session:
        assert settings.load(session, ReadoutSettings).cycle_s == 1234
        assert [meter.id for meter in meters.all(session)] == [3, 4, 5]
        own = [value_settings.of(session, meter).by_key for meter in meters.all(session)]
        assert own == [{}, OWN, {}]
        assert [kept.template for kept in templates.all(session)] == [TEMPLATE]
        assert len(readings.dated(session, 4)) == 1
    with database.reading(other) as session:
        assert settings.load(session, ReadoutSettings) == ReadoutSettings()
    engine = database.open_writer(ours)
    with Session(engine) as session, session.begin():  # a repeat is known there, too
        repeat = history.arrival(5, LAST, AT + timedelta(hours=479))
        assert arrivals.append(session, [repeat]) == [None]
    engine.dispose()


@pytest.mark.parametrize("at", [0, 1, 3])
def test_ended_anywhere_it_goes_on(
    path: Path, servers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    ours, _ = servers
    filled(path)
    monkeypatch.setattr(move, "_AT_ONCE", 10)
    told: list[int] = []

    def stop(permille: int) -> None:
        told.append(permille)
        if len(told) > at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move.run(path, ours, stop)
    reached = told[-1]
    told.clear()
    move.run(path, ours, told.append)
    assert everything(ours) == everything(path)
    assert told[0] >= reached
    assert told[-1] == 1000


def test_users_and_what_they_changed_come_along_once(
    path: Path, servers: tuple[Server, Server]
) -> None:
    ours, other = servers
    filled(path)
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        accounts.have_first(session)
        olga = accounts.add(session, "Admin", "Olga", "administrator", "hash", must_change=False)
        accounts.set_expert(session, "Olga", olga.id, True)
        _, secret = tokens.add(session, "Olga", olga.id, "Grafana", read_only=True, days=None)
    engine.dispose()
    for _ in range(2):
        move.run(path, ours)
        with database.reading(ours) as session:
            moved = [(user.name, user.expert) for user in accounts.all(session)]
            assert moved == [("Admin", False), ("Olga", True)]
            told = [(entry.who, entry.which) for entry in audit.newest(session, 10)][1:]
            assert told[:3] == [("Olga", "Olga"), ("Admin", "Olga"), ("first start", "Admin")]
            assert told[3:] == [("Olga", "Water"), ("Olga", "2")]
            found = tokens.find(session, secret, datetime.now(UTC))
            assert found is not None
            assert (found[0].name, found[1].name) == ("Grafana", "Olga")
    with database.reading(other) as session:
        assert accounts.all(session) == []
        assert tokens.find(session, secret, datetime.now(UTC)) is None
        assert audit.newest(session, 10) == []


def test_what_changed_here_since_an_ended_move_comes_along(
    path: Path, servers: tuple[Server, Server]
) -> None:
    ours, _ = servers
    filled(path)
    move.run(path, ours)
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        late = history.arrival(3, LAST + 7, AT + timedelta(days=2, minutes=1))
        arrivals.append(session, [late])
        compaction.pack(session, to_ms(late.at) // DAY_MS, [3])
        compaction.forget(session, to_ms(late.at) // DAY_MS)
    engine.dispose()
    move.run(path, ours)
    assert everything(ours) == everything(path)


def test_what_is_there_alone_is_not_deleted_for_the_file(
    path: Path, servers: tuple[Server, Server]
) -> None:
    ours, _ = servers
    filled(path)
    move.run(path, ours)
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        readings.delete_of(session, 1)
    engine.dispose()
    with pytest.raises(database.StoreFault, match="days that the file does not have"):
        move.run(path, ours)


def test_the_command_moves_and_the_host_uses_the_server(
    path: Path, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    history.filled(path, hours=60)
    data = ["--data", str(path.parent)]
    with cluster.database() as name:
        assert main(["move", *data, "--to", cluster.url(name, "house")]) == 0
        url = path.parent / "database.url"
        assert url.stat().st_mode & 0o777 == 0o600
        assert main(["add", *data, "77"]) == 0
        assert main(["delete", *data, "1"]) == 0
        assert main(["retention", *data, "90"]) == 0
        assert main(["state", *data]) == 0
        out = capsys.readouterr().out
        assert "77" in out.splitlines()[-1]
        assert "meters        3" in out
        assert sorted(everything(cluster.place(name, "house"))) == ["2", "3", "77"]
        assert sorted(everything(path)) == ["1", "2", "3"]
        assert main(["backup", *data, "x.db"]) == 1
        assert "pg_dump" in capsys.readouterr().err
        assert main(["move", *data, "--to", cluster.url(name, "house")]) == 1
