"""A meter's readings for an export: the period to the millisecond, wherever they lie."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from host.export.form import Period
from host.export.source import Source
from host.store import arrivals, compaction, database, meters, migrate, readings
from host.store.arrivals import Arrival
from host.store.database import StoreFault
from host.store.tables import DAY_MS, to_ms
from tests.fakes import installation

BEGIN = datetime(2026, 1, 26, 22, tzinfo=UTC)
HOURS = 60 * 24


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reading an hour for 60 days, packed but for the last days; every tenth is dated."""
    path = tmp_path_factory.mktemp("data") / database.FILE_NAME
    migrate.upgrade(path)
    with Session(database.open_writer(path)) as session, session.begin():
        meter = meters.add(session, "1")
        for hour in range(HOURS):
            at = BEGIN + timedelta(hours=hour)
            frames = installation.water("20000001", 1000 + hour)
            arrival = Arrival(meter.id, at, frames, "b", 1, hour, dated=hour % 10 == 0)
            arrivals.append(session, [arrival])
        for day in compaction.days_due(session, BEGIN + timedelta(hours=HOURS - 1)):
            compaction.pack(session, day, [meter.id])
            compaction.forget(session, day)
    return path


def moments(source: Source) -> list[int]:
    (meter,) = source.meters()
    return [at for piece in source.pieces(meter) for block in piece for at in block.moments]


@pytest.mark.parametrize(
    ("since", "until"),
    [(0, HOURS), (0, 1), (5, 29), (30, 31), (1400, HOURS), (HOURS - 1, HOURS), (100, 100)],
)
def test_a_period_is_exact(path: Path, since: int, until: int) -> None:
    period = Period(BEGIN + timedelta(hours=since), BEGIN + timedelta(hours=until))
    expected = [to_ms(BEGIN + timedelta(hours=hour)) for hour in range(since, until)]
    assert moments(Source(path, period)) == expected


def test_without_a_period_it_is_all_in_pieces_of_a_month(path: Path) -> None:
    source = Source(path, Period())
    assert len(moments(source)) == HOURS
    (meter,) = source.meters()
    pieces = list(source.pieces(meter))
    assert len(pieces) == source.piece_count == 2
    assert all(piece[-1].moments[-1] - piece[0].moments[0] < 32 * DAY_MS for piece in pieces)


def test_readings_of_reading_dates_alone(path: Path) -> None:
    period = Period(BEGIN + timedelta(hours=15), None, dated=True)
    expected = [to_ms(BEGIN + timedelta(hours=hour)) for hour in range(20, HOURS, 10)]
    assert moments(Source(path, period)) == expected


def test_no_transaction_is_held_between_pieces(path: Path) -> None:
    """A log that a reader holds can't be folded into the file."""
    source = Source(path, Period())
    (meter,) = source.meters()
    pieces = source.pieces(meter)
    next(pieces)
    with closing(sqlite3.connect(path)) as writer:
        assert writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
    assert next(pieces)


def test_an_empty_store_has_no_pieces(tmp_path: Path) -> None:
    path = tmp_path / database.FILE_NAME
    migrate.upgrade(path)
    with Session(database.open_writer(path)) as session, session.begin():
        meter = meters.add(session, "1")
        assert readings.span(session) is None
    source = Source(path, Period())
    assert (source.piece_count, list(source.pieces(meter))) == (0, [])


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database" * 100)
    with pytest.raises(StoreFault, match=r"x\.db"):
        Source(tmp_path / "x.db", Period())


def test_all_months_come_by_one_connection(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def counted(*args: Any, **more: Any) -> sqlite3.Connection:
        opened.append(connect(*args, **more))
        return opened[-1]

    monkeypatch.setattr("sqlite3.dbapi2.connect", counted)
    source = Source(path, Period())
    (meter,) = source.meters()
    assert len(list(source.pieces(meter))) > 1
    assert source.latest(meter) is not None
    assert len(opened) == 1
