"""The table for BI tools: made when the first asks for it, gone with the last."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from host.store import bi, migrate, postgresql
from host.store.place import Server
from tests.fakes.postgresql import Cluster

STAND_IN = """
    CREATE FUNCTION create_hypertable(relation regclass, time_column name,
        chunk_time_interval interval) RETURNS text LANGUAGE sql AS
    $$ CREATE TABLE made AS SELECT relation::text AS relation, time_column, chunk_time_interval;
       SELECT 'made'::text $$
"""
"""What Debian has no package of: TimescaleDB, as far as it is used."""

INSTALLED = """
    SET LOCAL allow_system_table_mods = on;
    INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    VALUES (99999, 'timescaledb', 10, 2200, true, '2')
"""


@pytest.fixture
def both(cluster: Cluster) -> Iterator[tuple[Server, Server]]:
    with cluster.database() as name:
        servers = cluster.place(name, "north"), cluster.place(name, "south")
        for server in servers:
            migrate.upgrade(server)
        yield servers


def work(server: Server, do: Callable[[Session], Any]) -> Any:
    engine = postgresql.open_beside(server)
    with Session(engine) as session, session.begin():
        return do(session)


def said(server: Server, query: str) -> Any:
    return work(server, lambda session: session.execute(text(query)).scalar())


def is_there(server: Server) -> bool:
    return said(server, "SELECT to_regclass('bi_values') IS NOT NULL")


def test_it_is_there_until_the_last_logger_switches_it_off(both: tuple[Server, Server]) -> None:
    north, south = both
    for server in (north, south, south):
        assert work(server, bi.switch_on) is None
    assert [work(server, bi.mark) for server in both] == [0, 0]
    work(north, bi.switch_off)
    assert work(north, bi.mark) is None
    assert is_there(north)
    work(south, bi.switch_off)
    assert not is_there(south)
    work(south, bi.switch_off)


def test_switching_on_again_keeps_the_mark(both: tuple[Server, Server]) -> None:
    work(both[0], bi.switch_on)
    work(both[0], lambda session: bi.advance(session, 0, 20_000))
    work(both[0], bi.switch_on)
    assert work(both[0], bi.mark) == 20_000
    assert work(both[1], bi.mark) is None


def test_with_timescaledb_it_is_a_hypertable(both: tuple[Server, Server]) -> None:
    """As far as a stand-in can tell: the function is called once, for the table and its moment."""
    for statement in (STAND_IN, INSTALLED):
        work(both[0], lambda session, one=statement: session.connection().exec_driver_sql(one))
    for server in both:
        work(server, bi.switch_on)
    query = "SELECT concat_ws(' ', relation, time_column, chunk_time_interval) FROM made"
    assert said(both[0], query) == "bi_values moment 7 days"


def test_without_timescaledb_it_is_a_plain_table(both: tuple[Server, Server]) -> None:
    work(both[0], lambda session: session.connection().exec_driver_sql(STAND_IN))
    work(both[0], bi.switch_on)
    assert is_there(both[0])
    assert said(both[0], "SELECT to_regclass('made')") is None
