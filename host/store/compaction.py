"""Packs the days that are over: from a row a readout to a block a meter and day.

A day goes in two steps, each a transaction of its own: blocks are written a few meters at a time,
then the rows that lie in them are deleted together. Killed in between, the next run does the same
again: what is in a block already is merged with what is not, and a reading that lies in both is
one (`host.store.readings`). A reading that comes in for a packed day waits for the next run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from host.store import block, loggers, readings
from host.store.block import Block, Row
from host.store.tables import (
    DAY_MS,
    METER_BITS,
    METER_ID_MAX,
    BlockRow,
    ReadingRow,
    block_id,
    reading_id,
    to_ms,
)

KEPT_DAYS = 2
"""So many days, today included, stay in rows: what is read and shown most."""

_KEYS_AT_ONCE = 500


def days_due(session: Session, now: datetime) -> list[int]:
    """Return the days (UTC, since 1970) to pack at `now`, the oldest first."""
    end = to_ms(now) // DAY_MS - KEPT_DAYS + 1
    mine = loggers.own(session, ReadingRow.id)
    days: list[int] = []
    at_ms = 0
    while True:
        query = select(func.min(ReadingRow.id)).where(ReadingRow.id >= reading_id(at_ms, 0), *mine)
        first = session.scalar(query)
        if first is None or first >> METER_BITS >= end * DAY_MS:
            return days
        days.append((first >> METER_BITS) // DAY_MS)
        at_ms = (days[-1] + 1) * DAY_MS


def meters_of(session: Session, day: int) -> list[int]:
    """Return the meters that have rows on `day`."""
    within = *_within(day), *loggers.own(session, ReadingRow.id)
    query = select(ReadingRow.id.bitwise_and(METER_ID_MAX)).where(*within).distinct()
    return sorted(session.scalars(query))


def pack(session: Session, day: int, meters: Sequence[int]) -> None:
    """Write the blocks of `meters` for `day`; the rows stay."""
    rows: dict[int, list[Row]] = {meter: [] for meter in meters}
    query = select(ReadingRow.id, ReadingRow.frames).where(*_within(day)).order_by(ReadingRow.id)
    for key, frames in session.execute(query):
        if key & METER_ID_MAX in rows:
            rows[key & METER_ID_MAX].append((key >> METER_BITS, frames))
    for meter, found in rows.items():
        if found:
            _write(session, block_id(day, meter), found)


def forget(session: Session, day: int) -> bool:
    """Delete our rows of `day` that lie in blocks; return whether that were all."""
    within = *_within(day), *loggers.own(session, ReadingRow.id)
    keys = list(session.scalars(select(ReadingRow.id).where(*within)))
    packed: set[int] = set()
    for meter in {key & METER_ID_MAX for key in keys}:
        row = session.get(BlockRow, block_id(day, meter))
        if row is not None:
            packed.update(reading_id(at_ms, meter) for at_ms in Block(row.data).moments)
    done = [key for key in keys if key in packed]
    if len(done) == len(keys):
        session.execute(delete(ReadingRow).where(*within))
        return True
    for piece in _pieces(done):
        session.execute(delete(ReadingRow).where(ReadingRow.id.in_(piece)))
    return False


def _within(day: int):
    first, end = reading_id(day * DAY_MS, 0), reading_id((day + 1) * DAY_MS, 0)
    return ReadingRow.id >= first, ReadingRow.id < end


def _write(session: Session, key: int, rows: Sequence[Row]) -> None:
    known = session.scalar(select(BlockRow.data).where(BlockRow.id == key))
    if known is not None:
        rows = readings.merged(list(Block(known).rows()), rows)
        session.execute(delete(BlockRow).where(BlockRow.id == key))
    session.execute(insert(BlockRow), [{"id": key, "data": block.pack(rows)}])


def _pieces(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(keys), _KEYS_AT_ONCE):
        yield keys[at : at + _KEYS_AT_ONCE]
