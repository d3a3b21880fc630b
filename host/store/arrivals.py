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

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from host.store import readings
from host.store.readings import Reading
from host.store.tables import (
    DAY_MS,
    METER_BITS,
    BlockRow,
    BoardRow,
    DatedRow,
    DeliveryRow,
    ReadingRow,
    block_id,
    from_ms,
    reading_id,
    to_ms,
)

_REPEAT_MS = 3_600_000
"""A repeated delivery has the same moment, or nearly so while the board has no clock."""

_ANOTHER_COUNT = 1 << 32
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


def append(session: Session, arrivals: Sequence[Arrival]) -> list[Reading | None]:
    """Store readouts, in the order in which a board delivers them.

    Returns each one's reading, None for what is stored already. A second reading of a meter in the
    same millisecond moves on to the next free one.
    """
    batch = _Batch(session)
    batch.look([(to_ms(arrival.at), arrival.meter_id) for arrival in arrivals])
    stored = [batch.take(arrival) for arrival in arrivals]
    batch.write()
    return stored


@dataclass
class _Batch:
    session: Session
    rows: dict[int, bytes] = field(default_factory=dict[int, bytes])
    dated: list[int] = field(default_factory=list[int])
    marks: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    boards: dict[str, int] = field(default_factory=dict[str, int])
    taken: set[int] = field(default_factory=set[int])
    packed: set[int] = field(default_factory=set[int])

    def look(self, wanted: Sequence[tuple[int, int]]) -> None:
        """Learn in two statements which of these (ms, meter) are taken, and which days packed."""
        keys = [reading_id(*one) for one in wanted]
        days = {block_id(at_ms // DAY_MS, meter_id) for at_ms, meter_id in wanted}
        hot, blocks = select(ReadingRow.id), select(BlockRow.id)
        self.taken.update(self.session.scalars(hot.where(ReadingRow.id.in_(keys))))
        self.packed.update(self.session.scalars(blocks.where(BlockRow.id.in_(days))))

    def take(self, arrival: Arrival) -> Reading | None:
        board_id = self._board_id(arrival.board)
        blob = b"".join(arrival.frames)
        at_ms = to_ms(arrival.at)
        boot = arrival.boot
        while arrival.number <= self._mark(board_id, boot):
            if self._is_there(arrival.meter_id, at_ms, blob):
                return None
            boot += _ANOTHER_COUNT
        self.marks[board_id, boot] = arrival.number
        while self._is_taken(at_ms, arrival.meter_id):
            at_ms += 1
            self.look([(at_ms, arrival.meter_id)])
        key = reading_id(at_ms, arrival.meter_id)
        self.rows[key] = blob
        if arrival.dated:
            self.dated.append(key)
        return Reading(key, arrival.meter_id, from_ms(at_ms), list(arrival.frames))

    def write(self) -> None:
        connection = self.session.connection()
        if self.rows:
            rows = [{"id": key, "frames": blob} for key, blob in sorted(self.rows.items())]
            connection.execute(insert(ReadingRow), rows)
        if self.dated:
            connection.execute(insert(DatedRow), [{"id": key} for key in self.dated])
        for (board_id, boot), number in self.marks.items():
            if number > _NOTHING:
                self.session.merge(DeliveryRow(board_id=board_id, boot=boot, number=number))
        self.session.flush()

    def _board_id(self, uid: str) -> int:
        if uid not in self.boards:
            row = self.session.scalar(select(BoardRow).where(BoardRow.uid == uid))
            if row is None:
                row = BoardRow(uid=uid)
                self.session.add(row)
                self.session.flush()
            self.boards[uid] = row.id
        return self.boards[uid]

    def _mark(self, board_id: int, boot: int) -> int:
        """Return the highest number that has come of this boot, `_NOTHING` before the first."""
        number = self.marks.get((board_id, boot))
        if number is None:
            row = self.session.get(DeliveryRow, (board_id, boot))
            number = self.marks[board_id, boot] = row.number if row else _NOTHING
        return number

    def _is_there(self, meter_id: int, at_ms: int, blob: bytes) -> bool:
        """Tell whether this very reading is stored, about then."""
        since, until = at_ms - _REPEAT_MS + 1, at_ms + _REPEAT_MS
        for key, pending in self.rows.items():
            if key & ((1 << METER_BITS) - 1) == meter_id and pending == blob:
                return since <= key >> METER_BITS < until
        around = readings.rows(self.session, meter_id, since, until)
        return any(frames == blob for _, frames in around)

    def _is_taken(self, at_ms: int, meter_id: int) -> bool:
        key = reading_id(at_ms, meter_id)
        if key in self.rows or key in self.taken:
            return True
        is_packed = block_id(at_ms // DAY_MS, meter_id) in self.packed
        return is_packed and readings.get(self.session, key) is not None
