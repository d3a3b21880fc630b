"""`bi_values`: a row a value, for tools that read plain tables only; PostgreSQL alone has it.

It is derived from readings and blocks, made when somebody asks for it and shared by all loggers;
nothing reads it here. Readings that are in it are known by meter and moment. A mark says up to
which day the packed ones are; a day of which more is packed later takes the mark back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from host.store import loggers, settings
from host.store.block import Row
from host.store.place import Place, Server
from host.store.tables import (
    DAY_MS,
    METER_BITS,
    METER_ID_MAX,
    BlockRow,
    MeterRow,
    SettingRow,
    block_id,
    from_ms,
    to_ms,
)
from shared.errors import BadSetting

COLUMNS = (
    "moment, position, logger, meter, meter_id, quantity, unit, storage, tariff, subunit, function,"
    " value, text"
)

_MARK = "BiValues"
"""The setting that has the mark; it is there while the table is kept for our logger."""

_CLAIM = 0x6D627575
_LOCK_WAIT = "SET LOCAL lock_timeout = '10s'"

_TABLE = """
    CREATE TABLE IF NOT EXISTS bi_values (
        moment timestamptz NOT NULL,
        position integer NOT NULL,
        logger text NOT NULL,
        meter text NOT NULL,
        meter_id integer NOT NULL,
        quantity text NOT NULL,
        unit text NOT NULL,
        storage bigint NOT NULL,
        tariff bigint NOT NULL,
        subunit bigint NOT NULL,
        function text NOT NULL,
        value numeric,
        text text,
        PRIMARY KEY (meter_id, moment, position)
    )
"""
_INDEX = "CREATE INDEX IF NOT EXISTS bi_values_moment ON bi_values USING brin (moment)"
_TIMESCALE = "SELECT count(*) FROM {} WHERE {} = 'timescaledb'"
_HYPERTABLE = (
    "SELECT create_hypertable('bi_values', 'moment', chunk_time_interval => interval '7 days')"
)


def server_of(place: Place) -> Server:
    """Return the server that `place` is. Raises `BadSetting` for a file."""
    if isinstance(place, Server):
        return place
    raise BadSetting(
        f"{place}: a table for BI tools needs PostgreSQL; python -m host move --to URL brings the"
        f" database there"
    )


def switch_on(session: Session) -> str | None:
    """Have the table, empty for our logger at first; return a hint for the administrator, or None.

    It is a hypertable where the database has TimescaleDB when the table is made. Nothing is changed
    where it is on already.
    """
    _run(session, _LOCK_WAIT)
    _run(session, "SELECT pg_advisory_xact_lock(:claim)", claim=_CLAIM)
    hint = None
    if not _is_there(session):
        _run(session, _TABLE)
        _run(session, _INDEX)
        if _run(session, _TIMESCALE.format("pg_extension", "extname")).scalar():
            _run(session, _HYPERTABLE)
        elif _run(session, _TIMESCALE.format("pg_available_extensions", "name")).scalar():
            hint = (
                "TimescaleDB is installed, but not in this database; for a hypertable:"
                " bi off, CREATE EXTENSION timescaledb, bi on"
            )
    if mark(session) is None:
        settings.keep_text(session, _MARK, "0")
    return hint


def switch_off(session: Session) -> None:
    """Delete our values, the table with the last logger's."""
    _run(session, _LOCK_WAIT)
    _run(session, "SELECT pg_advisory_xact_lock(:claim)", claim=_CLAIM)
    key = {"name": _MARK, "logger": loggers.of(session)}
    _run(session, "DELETE FROM settings WHERE name = :name AND logger_id = :logger", **key)
    if not _is_there(session):
        return
    if _run(session, "SELECT count(*) FROM settings WHERE name = :name", name=_MARK).scalar():
        _run(
            session, "DELETE FROM bi_values WHERE meter_id = ANY(:meters)", meters=_meters(session)
        )
    else:
        _run(session, "DROP TABLE bi_values")


def mark(session: Session) -> int | None:
    """Return the day (UTC, since 1970) before which all packed days are filled; None: it is off."""
    row = session.get(SettingRow, (loggers.of(session), _MARK), populate_existing=True)
    return None if row is None else int(row.value)


def advance(session: Session, before: int, day: int) -> None:
    """Set the mark from `before` to `day`, unless somebody else has moved it meanwhile."""
    _run(
        session,
        "UPDATE settings SET value = :day"
        " WHERE name = :name AND logger_id = :logger AND value = :before",
        name=_MARK,
        logger=loggers.of(session),
        before=str(before),
        day=str(day),
    )


def reopen(session: Session, day: int) -> None:
    """Have `day` looked at again: more of it was packed."""
    known = mark(session)
    if known is not None and day < known:
        settings.keep_text(session, _MARK, str(day))


def next_day(session: Session, day: int) -> int | None:
    """Return the first day from `day` on that has blocks of ours, None when there is none."""
    query = select(BlockRow.id).where(BlockRow.id >= block_id(day, 0))
    key = session.scalar(
        query.where(*loggers.own(session, BlockRow.id)).order_by(BlockRow.id).limit(1)
    )
    return None if key is None else key >> METER_BITS


def last_day(session: Session) -> int:
    """Return the last day that has blocks of ours, -1 without any."""
    query = select(BlockRow.id).where(*loggers.own(session, BlockRow.id))
    key = session.scalar(query.order_by(BlockRow.id.desc()).limit(1))
    return -1 if key is None else key >> METER_BITS


def blocks_of(session: Session, day: int) -> Sequence[tuple[int, bytes]]:
    """Return (meter, block) of our meters on `day`."""
    query = select(BlockRow.id, BlockRow.data).where(
        BlockRow.id >= block_id(day, 0),
        BlockRow.id < block_id(day + 1, 0),
        *loggers.own(session, BlockRow.id),
    )
    return [
        (key & METER_ID_MAX, data) for key, data in session.execute(query.order_by(BlockRow.id))
    ]


def moments_of(session: Session, day: int) -> set[tuple[int, int]]:
    """Return (meter, ms since 1970) of the readings of ours on `day` that have values there."""
    query = (
        "SELECT DISTINCT meter_id, moment FROM bi_values"
        " WHERE meter_id = ANY(:meters) AND moment >= :first AND moment < :end"
    )
    first, end = from_ms(day * DAY_MS), from_ms((day + 1) * DAY_MS)
    found = _run(session, query, meters=_meters(session), first=first, end=end)
    return {(meter, to_ms(moment)) for meter, moment in found}


def missing_rows(session: Session, after: int, limit: int) -> Sequence[tuple[int, Row]]:
    """Return (key, (ms, telegrams)) of `limit` readings in rows of their own that have no values
    there yet, from behind the key `after` on."""
    query = (
        "SELECT id, frames FROM readings AS r"
        " WHERE id > :after AND (id & :mask) = ANY(:meters) AND NOT EXISTS ("
        "  SELECT 1 FROM bi_values AS b WHERE b.meter_id = (r.id & :mask)"
        "  AND b.moment = timestamptz 'epoch' + (r.id >> :bits) * interval '1 millisecond')"
        " ORDER BY id LIMIT :limit"
    )
    found = _run(
        session,
        query,
        after=after,
        limit=limit,
        mask=METER_ID_MAX,
        bits=METER_BITS,
        meters=_meters(session),
    )
    return [(key, (key >> METER_BITS, bytes(frames))) for key, frames in found]


def write(session: Session, lines: Iterable[str]) -> None:
    """Add lines as COPY reads them, their fields in the order of `COLUMNS`."""
    connection = session.connection()
    cursor: Any = connection.connection.cursor()
    statement = f"COPY bi_values ({COLUMNS}) FROM STDIN"
    driver: Any = connection.dialect.dbapi
    try:
        with cursor.copy(statement) as copy:
            for line in lines:
                copy.write(line)
    except driver.Error as error:
        raise DatabaseError(statement, None, error) from error


def forget_before(session: Session, day: int) -> None:
    """Delete our values before `day` (UTC, since 1970)."""
    query = "DELETE FROM bi_values WHERE meter_id = ANY(:meters) AND moment < :end"
    _run(session, query, meters=_meters(session), end=from_ms(day * DAY_MS))


def forget_strangers(session: Session) -> None:
    """Delete the values of meters that there are no longer."""
    _run(session, _STRANGERS)


_STRANGERS = """
    WITH RECURSIVE there (id) AS (
        (SELECT meter_id FROM bi_values ORDER BY meter_id LIMIT 1)
        UNION ALL
        SELECT (SELECT meter_id FROM bi_values WHERE meter_id > id ORDER BY meter_id LIMIT 1)
        FROM there WHERE id IS NOT NULL
    )
    DELETE FROM bi_values USING there WHERE meter_id = there.id
    AND NOT EXISTS (SELECT 1 FROM meters WHERE meters.id = there.id)
"""
"""It hops from meter to meter along the table's key."""


def _is_there(session: Session) -> bool:
    return _run(session, "SELECT to_regclass('bi_values') IS NOT NULL").scalar_one()


def _meters(session: Session) -> list[int]:
    return list(session.scalars(select(MeterRow.id)))


def _run(session: Session, statement: str, **values: Any) -> Any:
    session.flush()
    return session.connection().execute(text(statement), values)
