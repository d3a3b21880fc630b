"""The core keeps the table for BI tools current, by a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from host.core.bi import BiTable
from host.core.events import ReadoutFinished
from host.core.nightly import Nightly
from host.store import bi, migrate, place, postgresql
from host.store.tables import DAY_MS, to_ms
from host.store.writer import Writer
from tests.fakes import history
from tests.fakes.history import AT, HOUR
from tests.fakes.loop import in_loop
from tests.fakes.postgresql import Cluster
from tests.host.core.test_core import house


@pytest.fixture
def data(tmp_path: Path, cluster: Cluster) -> Iterator[Path]:
    with cluster.database() as name:
        place.write(tmp_path, cluster.url(name, "house"))
        migrate.upgrade(place.of(tmp_path))
        yield tmp_path


def switch_on(data: Path) -> None:
    server = bi.server_of(place.of(data))
    with Session(postgresql.open_beside(server)) as session, session.begin():
        bi.switch_on(session)


def run(data: Path, statement: str) -> int:
    with create_engine(bi.server_of(place.of(data)).url).begin() as connection:
        found = connection.execute(text(statement))
        return found.scalar() if found.returns_rows else 0


COUNT = "SELECT count(DISTINCT (meter_id, moment)) FROM bi_values"


@in_loop
async def test_what_is_read_comes_into_the_table(data: Path) -> None:
    switch_on(data)
    async with house(data) as h:
        await h.call("meters.add", addresses=["5", "7"])
        await h.until_heard(ReadoutFinished)
        await h.until(lambda: len(h.board.acknowledged) == 2)
        await h.core._bi.look()
        assert run(data, COUNT) == 2
        assert (await h.call("state"))["fault"] is None


@in_loop
async def test_a_table_that_cannot_be_filled_is_told_and_readings_are_stored(data: Path) -> None:
    switch_on(data)
    async with house(data) as h:
        run(data, "ALTER TABLE bi_values DROP COLUMN function")
        await h.call("meters.add", addresses=["5"])
        await h.until_heard(ReadoutFinished)
        await h.until(lambda: len(h.board.acknowledged) == 1)
        await h.core._bi.look()
        assert len(history.stored(place.of(data))) == 1
        assert "function" in (await h.call("state"))["fault"]
        run(data, "ALTER TABLE bi_values ADD COLUMN function text")
        await h.core._bi.look()
        assert run(data, COUNT) == 1
        assert (await h.call("state"))["fault"] is None


@in_loop
async def test_a_day_that_is_packed_late_is_looked_at_again(data: Path) -> None:
    history.filled(place.of(data), hours=10)
    switch_on(data)
    writer = Writer(place.of(data))
    far = to_ms(AT) // DAY_MS + 50
    await writer.run(lambda s: bi.advance(s, 0, far))
    assert await Nightly(writer, data, lambda: AT + 480 * HOUR).pack() == 1
    table = BiTable(writer, data)
    await table.look()
    assert table.fault is None
    assert run(data, COUNT) == 30
    await writer.close()


@in_loop
async def test_nothing_is_done_where_it_is_off(data: Path) -> None:
    writer = Writer(place.of(data))
    table = BiTable(writer, data)
    await table.look()
    assert table.fault is None
    assert run(data, "SELECT count(to_regclass('bi_values'))") == 0
    await writer.close()


@in_loop
async def test_nothing_is_done_for_a_database_in_a_file(path: Path) -> None:
    writer = Writer(path)
    table = BiTable(writer, path.parent)
    await table.look()
    assert table.fault is None
    await writer.close()
