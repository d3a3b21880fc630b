"""The table for BI tools says what the readings say: each once, exactly, and of no other."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from host.export import bi_fill
from host.readout import telegrams
from host.store import (
    arrivals,
    bi,
    compaction,
    database,
    meters,
    migrate,
    postgresql,
    readings,
)
from host.store.place import Server
from host.store.tables import DAY_MS, to_ms
from shared.errors import BadSetting, Busy
from tests.fakes import history, installation
from tests.fakes.history import AT, HOUR
from tests.fakes.postgresql import Cluster

DAY = to_ms(AT) // DAY_MS
Rows = list[Any]


@pytest.fixture
def server(cluster: Cluster) -> Iterator[Server]:
    """A database with days in blocks and in rows, and the table switched on."""
    with cluster.database() as name:
        server = cluster.place(name, "north")
        migrate.upgrade(server)
        history.filled(server)
        work(server, bi.switch_on)
        yield server


def work(server: Server, do: Any) -> Any:
    engine = postgresql.open_beside(server)
    with Session(engine) as session, session.begin():
        return do(session)


def rows(server: Server, query: str = "SELECT * FROM bi_values") -> Rows:
    return work(server, lambda session: session.execute(text(query)).all())


def moments(server: Server) -> set[tuple[int, int]]:
    found = rows(server, "SELECT DISTINCT meter_id, moment FROM bi_values")
    return {(meter, to_ms(moment)) for meter, moment in found}


def stored(server: Server) -> set[tuple[int, int]]:
    return {(key & 0xFFFF, key >> 16) for key in history.stored(server)}


def put(server: Server, *some: arrivals.Arrival) -> None:
    work(server, lambda session: arrivals.append(session, some))


def plainly(server: Server) -> set[tuple[Any, ...]]:
    """Return what should be there, telegram by telegram."""
    found: set[tuple[Any, ...]] = set()
    with database.reading(server) as session:
        for meter in meters.all(session):
            for reading in readings.list(session, meter.id):
                index = -1
                for frame in reading.frames:
                    for record in telegrams.decode(frame).records:
                        index += 1
                        told = telegrams.csv_value(record)
                        number = telegrams.scaled(record) is not None
                        if not number and not told:
                            continue
                        unit = telegrams.csv_unit(record)
                        found.add(
                            (
                                reading.at,
                                index,
                                "north",
                                meter.address,
                                meter.id,
                                "" if unit == "None" else unit,
                                telegrams.storage(record),
                                telegrams.tariff(record),
                                telegrams.subunit(record),
                                telegrams.function(record),
                                Decimal(told) if number else None,
                                None if number else told or None,
                            )
                        )
    return found


def test_every_value_of_every_reading_is_there_once(server: Server) -> None:
    kinds = (
        installation.heat("10000001", 148210),
        installation.electricity("30000006", 48123456),
        installation.allocator("40000008", 1834),
        installation.room("50000009", -1978),
        installation.hostile("66600013"),
    )
    put(
        server,
        *(
            arrivals.Arrival(1 + n % 2, AT + (100 + n) * HOUR, frames, "b", 2, n)
            for n, frames in enumerate(kinds)
        ),
    )
    assert bi_fill.fill(server) == 3 * 96 + len(kinds)
    found = rows(server)
    assert {(*row[:5], *row[6:]) for row in found} == plainly(server)
    assert len(found) == len(plainly(server))
    named = {(row.quantity, row.unit) for row in found}
    assert {("Energy", "Wh"), ("Volume", "m³"), ("Flow temperature", "Degree C")} <= named


def test_what_is_there_is_not_added_again(server: Server) -> None:
    first = bi_fill.fill(server)
    before = rows(server)
    assert first == 288
    assert bi_fill.fill(server) == 0
    assert bi_fill.fill(server, again=True) == 0
    assert rows(server) == before


def test_new_and_late_readings_are_added(server: Server) -> None:
    """Late ones come for a day that is packed and filled; packed before they are seen, too."""
    bi_fill.fill(server)
    put(server, history.arrival(1, 9001, AT + 97 * HOUR), history.arrival(2, 9002, AT + HOUR / 2))
    assert bi_fill.fill(server) == 2
    put(server, history.arrival(3, 9003, AT + HOUR / 3))

    def pack(session: Session) -> None:
        compaction.pack(session, DAY, compaction.meters_of(session, DAY))
        bi.reopen(session, DAY)
        compaction.forget(session, DAY)

    work(server, pack)
    assert bi_fill.fill(server) == 1
    assert moments(server) == stored(server)


def test_packing_a_day_that_is_there_changes_nothing(server: Server) -> None:
    bi_fill.fill(server)
    before = set(rows(server))

    def pack(session: Session) -> None:
        for day in compaction.days_due(session, AT + timedelta(days=9)):
            compaction.pack(session, day, compaction.meters_of(session, day))
            bi.reopen(session, day)
            compaction.forget(session, day)

    work(server, pack)
    assert bi_fill.fill(server) == 0
    assert set(rows(server)) == before


def test_what_is_kept_no_longer_goes(server: Server) -> None:
    bi_fill.fill(server)
    work(server, lambda session: readings.delete_before(session, DAY + 2))
    work(server, lambda session: meters.delete(session, "2", AT))
    work(server, lambda session: meters.purge_deleted(session, AT + timedelta(days=2)))
    assert bi_fill.fill(server) == 0
    assert moments(server) == stored(server)
    assert len(moments(server)) == 2 * 48


def test_other_loggers_values_are_left_alone(cluster: Cluster, server: Server) -> None:
    other = cluster.place(str(server.url.database), "south")
    migrate.upgrade(other)
    number = work(other, lambda session: meters.add(session, "1").id)
    frames = installation.water("20000002", 7)
    put(
        other,
        *(arrivals.Arrival(number, AT + n * HOUR, frames, "south", 1, n) for n in range(60)),
    )
    with pytest.raises(BadSetting, match="bi on"):
        bi_fill.fill(other)
    work(other, bi.switch_on)
    assert bi_fill.fill(other) == 60
    assert bi_fill.fill(server) == 288
    work(server, lambda session: readings.delete_before(session, DAY + 9))
    bi_fill.fill(server)
    assert rows(server, "SELECT DISTINCT logger, meter FROM bi_values") == [("south", "1")]


def test_an_end_in_the_midst_of_a_day_is_made_good(server: Server) -> None:
    """A day is there as a whole or not at all, and the mark with it."""
    engine = postgresql.open_beside(server)
    with Session(engine) as session:
        with session.begin():
            assert bi_fill._day(session, DAY) == 72
            bi.advance(session, 0, DAY + 1)
        session.begin()
        bi_fill._day(session, DAY + 1)
        session.rollback()
    assert len(moments(server)) == 72
    assert bi_fill.fill(server) == 288 - 72
    assert moments(server) == stored(server)


def test_two_at_once_are_refused(server: Server) -> None:
    def second(_permille: int) -> None:
        with pytest.raises(Busy, match="being filled already"):
            bi_fill.fill(server)

    assert bi_fill.fill(server, second) == 288


def test_progress_goes_up_to_the_end(server: Server) -> None:
    told: list[int] = []
    bi_fill.fill(server, told.append)
    assert told == sorted(told)
    assert told[-1] == 1000
    assert len(told) == 4


def test_a_reading_that_cannot_be_decoded_stops_nothing(server: Server) -> None:
    broken = bytes.fromhex("680303680801720016")
    put(server, arrivals.Arrival(1, AT + 200 * HOUR, [broken], "b", 2, 1))
    assert bi_fill.fill(server) == 289
    assert len(moments(server)) == 288


def test_the_mark_is_taken_back_by_whoever_packs_meanwhile(server: Server) -> None:
    bi_fill.fill(server)
    mark = work(server, bi.mark)
    assert mark == DAY + 3
    work(server, lambda session: bi.reopen(session, DAY + 1))
    work(server, lambda session: bi.advance(session, mark, mark + 5))
    assert work(server, bi.mark) == DAY + 1
