"""What a board delivers, stored once: a cycle of all meters in a handful of statements.

A delivery is named by board, boot and number. Only the highest number of each boot is kept, for a
journal comes home in order. What comes at or below it is a repeat, if its reading is there; if not,
the board's memory was erased and counts its boots anew, and the reading is stored under a later
count of boots (2**32 added), so that nothing is lost and its own repeat is known again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from sqlalchemy import Connection, Select, bindparam, select
from sqlalchemy.orm import Session

from host.store import readings
from host.store.tables import (
    DAY_MS,
    METER_BITS,
    METER_ID_MAX,
    BlockRow,
    BoardRow,
    DeliveryRow,
    ReadingRow,
    block_id,
    reading_id,
    to_ms,
)

_REPEAT_MS = 3_600_000
"""A repeated delivery has the same moment, or nearly so while the board has no clock."""

_ANOTHER_COUNT = 1 << 32
_ROWS_AT_ONCE = 1000
_NOTHING = -1


@dataclass(frozen=True, slots=True)
class Arrival:
    """One readout as it is delivered. frames: whole RSP_UD frames in order, at least one.

    dated: it was taken for a reading date (manual 6.6).
    """

    meter_id: int
    at: datetime
    frames: Sequence[bytes]
    board: str
    boot: int
    number: int
    dated: bool = False


_READINGS, _BLOCKS = (
    select(table.c.id).where(table.c.id.between(bindparam("first"), bindparam("last")))
    for table in (ReadingRow.__table__, BlockRow.__table__)
)
_BOARD = select(BoardRow.__table__.c.id).where(BoardRow.__table__.c.uid == bindparam("uid"))
_DELIVERIES = DeliveryRow.__table__.c
_NUMBER = select(_DELIVERIES.number).where(
    _DELIVERIES.board_id == bindparam("board_id"), _DELIVERIES.boot == bindparam("boot")
)
_MARK = "ON CONFLICT (board_id, boot) DO UPDATE SET number = excluded.number"


def append(session: Session, arrivals: Sequence[Arrival]) -> list[int | None]:
    """Store readouts, in the order in which a board delivers them.

    Returns the id of each one's reading, None for what is stored already. A second reading of a
    meter in the same millisecond moves on to the next free one.
    """
    batch = _Batch(session, session.connection())
    moments = [to_ms(arrival.at) for arrival in arrivals]
    batch.look(moments)
    stored = [batch.take(*one) for one in zip(moments, arrivals, strict=True)]
    batch.write()
    return stored


@dataclass
class _Batch:
    session: Session
    connection: Connection
    rows: dict[int, bytes] = field(default_factory=dict[int, bytes])
    dated: list[int] = field(default_factory=list[int])
    marks: dict[tuple[str, int], int] = field(default_factory=dict[tuple[str, int], int])
    boards: dict[str, int] = field(default_factory=dict[str, int])
    taken: set[int] = field(default_factory=set[int])
    packed: set[int] = field(default_factory=set[int])

    def look(self, moments: Sequence[int]) -> None:
        """Learn what is stored around these moments: two statements a day, which is mostly one."""
        for day in {moment // DAY_MS for moment in moments}:
            first = max(min(moments), day * DAY_MS)
            last = min(max(moments), (day + 1) * DAY_MS - 1)
            self.taken |= self._between(_READINGS, first, last)
            self.packed |= self._between(_BLOCKS, day, day)

    def _between(self, keys: Select[int], first: int, last: int) -> set[int]:
        """Return the keys of all meters from the moment or day `first` to `last`."""
        ends = {"first": first << METER_BITS, "last": last << METER_BITS | METER_ID_MAX}
        return set(self.connection.scalars(keys, ends))

    def take(self, at_ms: int, arrival: Arrival) -> int | None:
        blob = b"".join(arrival.frames)
        board, boot = arrival.board, arrival.boot
        while arrival.number <= self._mark(board, boot):
            if self._is_there(arrival.meter_id, at_ms, blob):
                return None
            boot += _ANOTHER_COUNT
        self.marks[board, boot] = arrival.number
        key = reading_id(at_ms, arrival.meter_id)
        if self._may_be_taken(key):
            key = self._free(key)
        self.rows[key] = blob
        if arrival.dated:
            self.dated.append(key)
        return key

    def write(self) -> None:
        if self.rows:
            self._insert("readings (id, frames)", sorted(self.rows.items()))
        if self.dated:
            self._insert("dated_readings (id)", [(key,) for key in self.dated])
        marks = [
            (self._board_id(board), boot, number)
            for (board, boot), number in self.marks.items()
            if number > _NOTHING
        ]
        if marks:
            self._insert("deliveries (board_id, boot, number)", marks, _MARK)

    def _insert(self, into: str, rows: Sequence[tuple[object, ...]], otherwise: str = "") -> None:
        """Insert rows many at once, in the driver's own words: a third of SQLAlchemy's time."""
        mark = "?" if self.connection.dialect.paramstyle == "qmark" else "%s"
        marks = f"({', '.join([mark] * len(rows[0]))})"
        for begin in range(0, len(rows), _ROWS_AT_ONCE):
            some = rows[begin : begin + _ROWS_AT_ONCE]
            places = ", ".join([marks] * len(some))
            statement = f"INSERT INTO {into} VALUES {places} {otherwise}"  # noqa: S608 - all ours
            self.connection.exec_driver_sql(statement, tuple(chain.from_iterable(some)))

    def _board_id(self, uid: str) -> int:
        known = self.boards.get(uid)
        if known is None:
            known = self.connection.scalar(_BOARD, {"uid": uid})
            if known is None:
                row = BoardRow(uid=uid)
                self.session.add(row)
                self.session.flush()
                known = row.id
            self.boards[uid] = known
        return known

    def _mark(self, board: str, boot: int) -> int:
        """Return the highest number that has come of this boot, `_NOTHING` before the first."""
        number = self.marks.get((board, boot))
        if number is None:
            known = {"board_id": self._board_id(board), "boot": boot}
            number = self.connection.scalar(_NUMBER, known)
            number = self.marks[board, boot] = _NOTHING if number is None else number
        return number

    def _is_there(self, meter_id: int, at_ms: int, blob: bytes) -> bool:
        """Tell whether this very reading is stored, about then."""
        since, until = at_ms - _REPEAT_MS + 1, at_ms + _REPEAT_MS
        for key, pending in self.rows.items():
            if key & ((1 << METER_BITS) - 1) == meter_id and pending == blob:
                return since <= key >> METER_BITS < until
        around = readings.rows(self.session, meter_id, since, until)
        return any(frames == blob for _, frames in around)

    def _may_be_taken(self, key: int) -> bool:
        if key in self.taken or key in self.rows:
            return True
        at_ms, meter_id = key >> METER_BITS, key & METER_ID_MAX
        return bool(self.packed) and block_id(at_ms // DAY_MS, meter_id) in self.packed

    def _free(self, key: int) -> int:
        """Return the first free key from `key` on: of the same meter, some milliseconds later."""
        while key in self.rows or readings.get(self.session, key) is not None:
            key += 1 << METER_BITS
        return key
