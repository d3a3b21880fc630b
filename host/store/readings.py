"""Readings: the raw telegrams of one meter at one moment, stored once, never changed."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from host.store.tables import METER_BITS, BoardRow, ReadingRow, from_ms, reading_id, to_ms
from shared.errors import FrameError

_REPEAT_MS = 3_600_000
"""A repeated delivery has the same moment, or nearly so while the board has no clock."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One readout: `frames` are whole RSP_UD frames in order; (board, boot, number) is unique."""

    id: int
    meter_id: int
    at: datetime
    frames: builtins.list[bytes]
    boot: int
    number: int


def latest(session: Session, meter_id: int) -> Reading | None:
    """Return the newest reading of a meter, or None."""
    found = list(session, meter_id, limit=1)
    return found[0] if found else None


def get(session: Session, number: int) -> Reading | None:
    """Return the reading with the id `number`, or None."""
    row = session.get(ReadingRow, number)
    return None if row is None else _reading(row)


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
    query = select(ReadingRow).where(ReadingRow.meter_id == meter_id)
    if since is not None:
        query = query.where(ReadingRow.id >= reading_id(to_ms(since), 0))
    if until is not None:
        query = query.where(ReadingRow.id < reading_id(to_ms(until), 0))
    query = query.order_by(ReadingRow.id if oldest_first else ReadingRow.id.desc())
    return [_reading(row) for row in session.scalars(query.limit(limit))]


def append(
    session: Session,
    *,
    meter_id: int,
    at: datetime,
    frames: Sequence[bytes],
    board: str,
    boot: int,
    number: int,
) -> Reading | None:
    """Store one readout and return it; None when this delivery is stored already.

    A second reading of the meter in the same millisecond moves on to the next free one. A board
    whose memory was erased counts its boots from 1 again: what then comes under a used key but is
    another reading is stored under a later count of boots (2**32 added).
    """
    board_id = _board_id(session, board)
    at_ms = to_ms(at)
    blob = b"".join(frames)
    while (stored := _delivered(session, board_id, boot, number)) is not None:
        if stored.frames == blob and abs((stored.id >> METER_BITS) - at_ms) < _REPEAT_MS:
            return None
        boot += 1 << 32
    while session.get(ReadingRow, reading_id(at_ms, meter_id)) is not None:
        at_ms += 1
    row = ReadingRow(
        id=reading_id(at_ms, meter_id),
        meter_id=meter_id,
        board_id=board_id,
        boot=boot,
        number=number,
        frames=blob,
    )
    session.add(row)
    session.flush()
    return _reading(row)


def _delivered(session: Session, board_id: int, boot: int, number: int) -> ReadingRow | None:
    query = select(ReadingRow).where(
        ReadingRow.board_id == board_id, ReadingRow.boot == boot, ReadingRow.number == number
    )
    return session.scalar(query)


def _board_id(session: Session, uid: str) -> int:
    row = session.scalar(select(BoardRow).where(BoardRow.uid == uid))
    if row is None:
        row = BoardRow(uid=uid)
        session.add(row)
        session.flush()
    return row.id


def _reading(row: ReadingRow) -> Reading:
    return Reading(
        id=row.id,
        meter_id=row.meter_id,
        at=from_ms(row.id >> METER_BITS),
        frames=unpack(row.frames),
        boot=row.boot,
        number=row.number,
    )


def unpack(blob: bytes) -> builtins.list[bytes]:
    """Split joined long frames (68 L L 68 ... 16) by their L fields.

    Raises `FrameError` when the blob does not end where a frame ends.
    """
    frames: builtins.list[bytes] = []
    offset = 0
    while offset < len(blob):
        end = offset + blob[offset + 1] + 6 if offset + 1 < len(blob) else len(blob) + 1
        if end > len(blob):
            raise FrameError(f"stored telegram cut short at byte {offset}: {blob[offset:].hex()}")
        frames.append(blob[offset:end])
        offset = end
    return frames
