"""A store with a history: packed days of heat meters, written as fast as they can be packed.

What the meters say is made up column by column: counters that move on by small steps, momentary
values that wander, constants, dates. The same arguments make the same database.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from itertools import accumulate
from pathlib import Path
from random import Random
from struct import Struct
from typing import Any, NamedTuple

from sqlalchemy import insert
from sqlalchemy.orm import Session

from host.store import block, database, migrate
from host.store import meters as known_meters
from host.store.meters import Attempt, Identity
from host.store.tables import DAY_MS, BlockRow, block_id, from_ms
from shared.mbus import encode, frames

LAST_DAY = date(2026, 10, 31)
MOST_VALUES = 32
"""More do not fit one telegram."""

_LATER_MS = 40
"""One meter is read after the other."""
_DAYS_AT_ONCE = 8
_DAY_S = 86_400
_EPOCH = date(1970, 1, 1)


class Kind(NamedTuple):
    """One value. steps: what it may move by from reading to reading; start: its first number."""

    coding: str
    vif: bytes
    start: int
    steps: Sequence[int]
    function: int = 0
    storage: int = 0
    tariff: int = 0


_STILL = (0,)
_FEW, _MANY = tuple(range(8)), tuple(range(60))
_WANDER, _FAR = tuple(range(-6, 7)), tuple(range(-900, 901))

KINDS = (
    Kind("int32", b"\x06", 148_213, _FEW),
    Kind("int32", b"\x13", 4_324_012, _MANY),
    Kind("int32", b"\x2b", 86_269, _FAR),
    Kind("int32", b"\x3b", 1_376, _WANDER),
    Kind("int16", b"\x5a", 1_317, _WANDER),
    Kind("int16", b"\x5e", 769, _WANDER),
    Kind("int16", b"\x62", 548, _WANDER),
    Kind("real32", b"\x3e", 137_621, _WANDER),
    Kind("int32", b"\x22", 45_865, (0, 0, 0, 1)),
    Kind("int32", b"\x22", 12, _STILL, 3),
    Kind("bcd8", b"\x78", 4_800_181, _STILL),
    Kind("F", b"\x6d", 0, _STILL),
    Kind("int32", b"\x06", 140_002, _STILL, 0, 1),
    Kind("int32", b"\x13", 4_100_900, _STILL, 0, 1),
    Kind("int32", b"\x2b", 121_000, _STILL, 1, 1),
    Kind("G", b"\x6c", 0, _STILL, 0, 1),
    Kind("int32", b"\x06", 91_400, _FEW, 0, 0, 1),
    Kind("int32", b"\x06", 56_800, _FEW, 0, 0, 2),
    Kind("bcd8", b"\x93\x28", 1_010, _FEW),
    Kind("int16", b"\xfd\x17", 0, _STILL),
)

_WHOLE = {"int16": "h", "int32": "i"}


class Simulated:
    """Meter `number` (from 1): what it says on one day after the other."""

    def __init__(self, number: int, values: int) -> None:
        if not 1 <= values <= MOST_VALUES:
            raise ValueError(f"{values} values: 1 to {MOST_VALUES}")
        self.serial = f"{20_000_000 + number}"
        self._random = Random(number)
        self._kinds = [kind_at(place) for place in range(values)]
        self._last = [
            kind.start + (self._random.randrange(1000) if kind.start > 1000 else 0)
            for kind in self._kinds
        ]
        records = [_sample(kind) for kind in self._kinds]
        data = encode.variable_data(self.serial, "AMT", 192, 4, 0, 0, 0, b"".join(records))
        self._frame = frames.long_frame(frames.RSP_UD, number, 0x72, data)
        place, pattern, self._heads = 19, "<15s", [self._frame[:15]]
        self._heads.append(self._frame[16:19])
        pattern += "B3s"
        for kind, record in zip(self._kinds, records, strict=True):
            size = 4 if kind.coding in ("bcd8", "real32", "F") else 2 if kind.coding == "G" else 0
            body = len(record) - (size or Struct(_WHOLE[kind.coding]).size)
            self._heads.append(self._frame[place : place + body])
            pattern += f"{body}s" + (f"{size}s" if size else _WHOLE[kind.coding])
            place += len(record)
        self._struct = Struct(pattern)

    def day(self, day: int, moments: Sequence[int]) -> list[tuple[int, bytes]]:
        """Return (ms, telegram) of this day (since 1970) at these moments."""
        columns: list[Sequence[Any]] = [[at & 0xFF for at in range(len(moments))]]
        for place, kind in enumerate(self._kinds):
            steps = self._random.choices(kind.steps, k=len(moments) - 1)
            numbers = list(accumulate(steps, initial=self._last[place]))
            if kind.steps[0] >= 0:  # others come back every day, or they would drift away
                self._last[place] = numbers[-1] + self._random.choice(kind.steps)
            columns.append(_CODED.get(kind.coding, _as_it_is)(numbers, moments))
        first, *between = self._heads
        rows: list[tuple[int, bytes]] = []
        pack = self._struct.pack
        for moment, row in zip(moments, zip(*columns, strict=True), strict=True):
            parts = [first, row[0], between[0]]
            for head, cell in zip(between[1:], row[1:], strict=True):
                parts += (head, cell)
            body = pack(*parts)
            rows.append((moment, body + bytes((sum(body[4:]) & 0xFF, 0x16))))
        return rows


def fill(
    path: Path, meters: int, days: int, cycle_s: int, values: int = 20, last: date = LAST_DAY
) -> None:
    """Make the database `path` with `meters` (1..250) meters of `values` (1..32) values each.

    They are read every `cycle_s` seconds on each of the `days` that end with `last` (UTC), and all
    of it is packed. The file must not be there.
    """
    if path.exists():
        raise FileExistsError(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    migrate.upgrade(path)
    engine = database.open_writer(path)
    simulated = [Simulated(number, values) for number in range(1, meters + 1)]
    end = (last - _EPOCH).days + 1
    at = range(0, _DAY_S, cycle_s)
    with Session(engine) as session, session.begin():
        _register(session, simulated, (end - 1) * DAY_MS + at[-1] * 1000)
    for first in range(end - days, end, _DAYS_AT_ONCE):
        rows: list[dict[str, Any]] = []
        for day in range(first, min(first + _DAYS_AT_ONCE, end)):
            for number, meter in enumerate(simulated, 1):
                moments = [day * DAY_MS + 1000 * second + _LATER_MS * number for second in at]
                packed = block.pack(meter.day(day, moments))
                rows.append({"id": block_id(day, number), "data": packed})
        with Session(engine) as session, session.begin():
            session.execute(insert(BlockRow), rows)
    engine.dispose()


def kind_at(place: int) -> Kind:
    """Return what the value `place` of a meter is; after the last kind with other storages."""
    again, at = divmod(place, len(KINDS))
    kind = KINDS[at]
    return kind._replace(storage=kind.storage + 2 * again) if again else kind


def _register(session: Session, simulated: Sequence[Simulated], at_ms: int) -> None:
    attempts: list[Attempt] = []
    for number, meter in enumerate(simulated, 1):
        known = known_meters.add(session, str(number), name=f"Flat {number}", site="Rosenweg 12")
        identity = Identity(
            primary=number,
            secondary=f"{meter.serial}B405C004",
            manufacturer="AMT",
            serial=meter.serial,
            version=192,
            medium=4,
        )
        at = from_ms(at_ms + _LATER_MS * number)
        attempts.append(Attempt(known.id, at, "ok", 0, identity=identity, read=True))
    known_meters.record_attempts(session, attempts)


def _sample(kind: Kind) -> bytes:
    value: Any = {"F": (2026, 1, 1, 0, 0), "G": (2026, 1, 1), "real32": (0, 0)}.get(kind.coding, 0)
    return encode.record(kind.coding, kind.vif, value, kind.function, kind.storage, kind.tariff)


def _as_it_is(numbers: Sequence[int], moments: Sequence[int]) -> Sequence[int]:
    return numbers


def _bcd8(numbers: Sequence[int], moments: Sequence[int]) -> Sequence[bytes]:
    return [int(str(number), 16).to_bytes(4, "little") for number in numbers]


def _real32(numbers: Sequence[int], moments: Sequence[int]) -> Sequence[bytes]:
    pack = Struct("<f").pack
    return [pack(number / 100_000) for number in numbers]


def _clock(numbers: Sequence[int], moments: Sequence[int]) -> Sequence[bytes]:
    return [_date("F", from_ms(moment).timetuple()[:5]) for moment in moments]


def _month(numbers: Sequence[int], moments: Sequence[int]) -> Sequence[bytes]:
    begin = datetime.fromtimestamp(moments[0] / 1000, UTC)
    return [_date("G", (begin.year, begin.month, 1))] * len(moments)


def _date(coding: str, value: tuple[int, ...]) -> bytes:
    head = 2
    return encode.record(coding, b"\x6d", value)[head:]


_CODED: dict[str, Callable[[Sequence[int], Sequence[int]], Sequence[Any]]] = {
    "bcd8": _bcd8,
    "real32": _real32,
    "F": _clock,
    "G": _month,
}
