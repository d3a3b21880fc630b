"""Readings: the raw telegrams of one meter at one moment, stored once, never changed.

Whether a reading still lies in its own row or in the block of its day is this file's secret, and
`host.store.compaction`'s, which moves them. For a moment it may lie in both: it is one.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, cast

from sqlalchemy import CursorResult, Select, delete, func, select
from sqlalchemy.orm import Session

from host.store import layouts, loggers
from host.store.block import Block, Row
from host.store.tables import (
    DAY_MS,
    METER_BITS,
    METER_ID_MAX,
    BlockRow,
    DatedRow,
    ReadingRow,
    block_id,
    from_ms,
    reading_id,
    to_ms,
)

_DAYS_AT_ONCE = 64
_LAST_MS = (1 << 62) >> METER_BITS
_BLOCKS_ENDS = select(
    select(func.min(BlockRow.id)).scalar_subquery(), select(func.max(BlockRow.id)).scalar_subquery()
)
"""The first and the last key. SQLite walks all of a table that is asked for both at once."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One readout: `frames` are whole RSP_UD frames in order."""

    id: int
    meter_id: int
    at: datetime
    frames: builtins.list[bytes]


def latest(session: Session, meter_id: int) -> Reading | None:
    """Return the newest reading of a meter, or None; no other is unpacked for it."""
    query = _hot(meter_id, 0, _LAST_MS).order_by(ReadingRow.id.desc()).limit(1)
    found = [(number >> METER_BITS, frames) for number, frames in session.execute(query)]
    for _, packed in islice(blocks(session, meter_id, 0, _LAST_MS, newest_first=True), 1):
        found.append(packed.last())
    return _reading(meter_id, max(found)) if found else None


def get(session: Session, number: int) -> Reading | None:
    """Return the reading with the id `number`, or None."""
    at_ms, meter_id = number >> METER_BITS, number & METER_ID_MAX
    for found in rows(session, meter_id, at_ms, at_ms + 1):
        return _reading(meter_id, found)
    return None


def list(
    session: Session,
    meter_id: int,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
    *,
    oldest_first: bool = False,
) -> Sequence[Reading]:
    """Return a meter's readings, newest first unless `oldest_first`.

    since: first moment that counts. until: first moment that no longer counts. limit: at most
    so many.
    """
    found = rows(
        session,
        meter_id,
        0 if since is None else to_ms(since),
        _LAST_MS if until is None else to_ms(until),
        newest_first=not oldest_first,
        limit=limit,
    )
    return [_reading(meter_id, row) for row in found]


def iterate(
    session: Session, meter_id: int, since: datetime | None = None, until: datetime | None = None
) -> Iterator[Reading]:
    """Yield a meter's readings, the oldest first, with no more in memory than a few days of it."""
    since_ms = 0 if since is None else to_ms(since)
    until_ms = _LAST_MS if until is None else to_ms(until)
    for row in rows(session, meter_id, since_ms, until_ms):
        yield _reading(meter_id, row)


def dated(
    session: Session, meter_id: int, since_ms: int = 0, until_ms: int = _LAST_MS
) -> Sequence[Reading]:
    """Return the readings of a meter that were taken for a reading date, the oldest first.

    since_ms, until_ms: the period (ms since 1970), its end excluded.
    """
    first, end = reading_id(since_ms, 0), reading_id(until_ms, 0)
    query = select(DatedRow.id).where(DatedRow.id >= first, DatedRow.id < end).order_by(DatedRow.id)
    found = [number for number in session.scalars(query) if number & METER_ID_MAX == meter_id]
    return [reading for number in found if (reading := get(session, number)) is not None]


def span(session: Session) -> tuple[int, int] | None:
    """Return (first ms, end ms) between which our readings lie, None when there are none.

    It may reach to the begin and to the end of a day.
    """
    found: builtins.list[tuple[int, int]] = []
    for key, ms in ((ReadingRow.id, 1), (BlockRow.id, DAY_MS)):
        mine = loggers.own(session, key)
        oldest = session.scalar(select(func.min(key)).where(*mine))
        newest = session.scalar(select(func.max(key)).where(*mine))
        if oldest is not None and newest is not None:
            found.append(((oldest >> METER_BITS) * ms, ((newest >> METER_BITS) + 1) * ms))
    if not found:
        return None
    return min(first for first, _ in found), max(end for _, end in found)


def delete_of(session: Session, meter_id: int) -> None:
    """Delete all readings of a meter."""
    meter = METER_ID_MAX
    session.execute(delete(ReadingRow).where(ReadingRow.id.bitwise_and(meter) == meter_id))
    session.execute(delete(DatedRow).where(DatedRow.id.bitwise_and(meter) == meter_id))
    for days in _days_with_blocks(session, 0, _LAST_MS // DAY_MS):
        keys = [block_id(day, meter_id) for day in days]
        session.execute(delete(BlockRow).where(BlockRow.id.in_(keys)))


def days(session: Session) -> Sequence[int]:
    """Return the oldest, the last but one and the last day that have readings (UTC, since 1970).

    Empty without any; where there is one day alone, it is all three.
    """
    mine = loggers.own(session, ReadingRow.id), loggers.own(session, BlockRow.id)
    firsts = (
        select(func.min(ReadingRow.id)).where(*mine[0]),
        select(func.min(BlockRow.id)).where(*mine[1]),
    )
    oldest = min(_days_of(session, *firsts), default=None)
    lasts = (
        select(func.max(ReadingRow.id)).where(*mine[0]),
        select(func.max(BlockRow.id)).where(*mine[1]),
    )
    last = max(_days_of(session, *lasts), default=None)
    if oldest is None or last is None:
        return ()
    hot = lasts[0].where(ReadingRow.id < reading_id(last * DAY_MS, 0))
    packed = lasts[1].where(BlockRow.id < block_id(last, 0))
    return oldest, max(_days_of(session, hot, packed), default=last), last


def _days_of(session: Session, hot: Any, packed: Any) -> Iterator[int]:
    """Yield the days of the two keys, as far as they are there."""
    key, block = session.scalar(hot), session.scalar(packed)
    if key is not None:
        yield (key >> METER_BITS) // DAY_MS
    if block is not None:
        yield block >> METER_BITS


def delete_before(session: Session, day: int) -> int:
    """Delete our readings before `day` (UTC days since 1970); return how many blocks went."""
    first = reading_id(day * DAY_MS, 0)
    for table, end in ((ReadingRow, first), (DatedRow, first), (BlockRow, block_id(day, 0))):
        mine = loggers.own(session, table.id)
        done = session.execute(delete(table).where(table.id < end, *mine))
    return cast(CursorResult[Any], done).rowcount


def blocks(
    session: Session, meter_id: int, since_ms: int, until_ms: int, *, newest_first: bool = False
) -> Iterator[tuple[int, Block]]:
    """Yield (day, block) of a meter's packed days that touch the period (ms since 1970)."""
    for days in _days_with_blocks(
        session, since_ms // DAY_MS, -(-until_ms // DAY_MS), newest_first
    ):
        keys = [block_id(day, meter_id) for day in days]
        query = select(BlockRow.id, BlockRow.data).where(BlockRow.id.in_(keys))
        query = query.order_by(BlockRow.id.desc() if newest_first else BlockRow.id)
        for key, data in session.execute(query).all():
            yield key >> METER_BITS, Block(data)


def hot(
    session: Session,
    meter_id: int,
    since_ms: int,
    until_ms: int,
    *,
    newest_first: bool = False,
    limit: int | None = None,
) -> builtins.list[Row]:
    """Return (ms, joined telegrams) of a meter's readings that have rows of their own, in order.

    limit: at most so many; with few of the newest, only the end of the table is walked.
    """
    query = _hot(meter_id, since_ms, until_ms).limit(limit)
    query = query.order_by(ReadingRow.id.desc() if newest_first else ReadingRow.id)
    return [(number >> METER_BITS, frames) for number, frames in session.execute(query)]


def _hot(meter_id: int, since_ms: int, until_ms: int) -> Select[int, bytes]:
    return (
        select(ReadingRow.id, ReadingRow.frames)
        .where(ReadingRow.id >= reading_id(since_ms, 0), ReadingRow.id < reading_id(until_ms, 0))
        .where(ReadingRow.id.bitwise_and(METER_ID_MAX) == meter_id)
    )


def rows(
    session: Session,
    meter_id: int,
    since_ms: int,
    until_ms: int,
    *,
    newest_first: bool = False,
    limit: int | None = None,
) -> Iterator[Row]:
    """Yield (ms since 1970, joined telegrams) of a meter in the period, in order of time or not.

    limit: at most so many.
    """
    late = hot(session, meter_id, since_ms, until_ms, newest_first=newest_first, limit=limit)
    return islice(_in_order(session, meter_id, since_ms, until_ms, late, newest_first), limit)


def _in_order(
    session: Session,
    meter_id: int,
    since_ms: int,
    until_ms: int,
    late: builtins.list[Row],
    newest_first: bool,
) -> Iterator[Row]:
    """Yield the readings in blocks and those of `late`, which are in order, as one."""
    waiting = iter(late)
    next_hot = next(waiting, None)
    for day, block in blocks(session, meter_id, since_ms, until_ms, newest_first=newest_first):
        while next_hot and (
            next_hot[0] >= (day + 1) * DAY_MS if newest_first else next_hot[0] < day * DAY_MS
        ):
            yield next_hot
            next_hot = next(waiting, None)
        packed = [row for row in block.rows() if since_ms <= row[0] < until_ms]
        same_day: dict[int, bytes] = {}
        while next_hot and next_hot[0] // DAY_MS == day:
            same_day[next_hot[0]] = next_hot[1]
            next_hot = next(waiting, None)
        yield from merged(packed, same_day.items(), newest_first=newest_first)
    if next_hot:
        yield next_hot
        yield from waiting


def merged(
    packed: Sequence[Row], others: Iterable[Row], *, newest_first: bool = False
) -> Sequence[Row]:
    """Return `packed` (in order of time) and `others` as one, what is in both once."""
    found = dict(packed)
    found.update(others)
    if len(found) == len(packed):
        return packed[::-1] if newest_first else packed
    return sorted(found.items(), reverse=newest_first)


def _days_with_blocks(
    session: Session, first: int, end: int, newest_first: bool = False
) -> Iterator[range]:
    """Yield the days from `first` until before `end` in which there can be blocks, some at once.

    Whoever begins with the newest often needs a day or two: so these come in small pieces first.
    """
    oldest, newest = cast(Sequence[int | None], session.execute(_BLOCKS_ENDS).one())
    if oldest is None or newest is None:
        return
    first = max(first, oldest >> METER_BITS)
    end = min(end, (newest >> METER_BITS) + 1)
    if newest_first:
        size = 2
        while first < end:
            yield range(max(first, end - size), end)
            end, size = end - size, min(4 * size, _DAYS_AT_ONCE)
    else:
        for day in range(first, end, _DAYS_AT_ONCE):
            yield range(day, min(day + _DAYS_AT_ONCE, end))


def _reading(meter_id: int, row: Row) -> Reading:
    at_ms, frames = row
    number = reading_id(at_ms, meter_id)
    return Reading(id=number, meter_id=meter_id, at=from_ms(at_ms), frames=layouts.split(frames))
