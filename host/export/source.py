"""A meter's readings for an export: a month of blocks at a time, each in a short transaction.

Nothing is held open between two pieces, so a download of an hour keeps no old pages of the
database alive, and memory does not grow with the period.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Sequence

from sqlalchemy.orm import Session, sessionmaker

from host.export.form import Period
from host.settings.value import OwnValues
from host.store import block, database, meters, readings, series, value_settings
from host.store.block import Block
from host.store.meters import Meter
from host.store.place import Place
from host.store.readings import Reading
from host.store.tables import DAY_MS, to_ms

DAYS = 32
"""So many days are one piece."""


class Source:
    """The readings of the period in the database `place`; what comes in later is not in it.

    Raises `StoreFault` when the file cannot be read.
    """

    def __init__(self, place: Place, period: Period) -> None:
        self.place = place
        self._session: sessionmaker[Session] = database.open_reader(place, keep=True)
        self.period = period
        with self._read() as session:
            span = readings.span(session)
        first, end = span or (0, 0)
        if period.since is not None:
            first = max(first, to_ms(period.since))
        self._end = end if period.until is None else min(end, to_ms(period.until))
        self._first = min(first, self._end)
        self._last: tuple[int, int, Sequence[Block]] = (0, 0, ())  # a month is looked at thrice

    @property
    def piece_count(self) -> int:
        """How many pieces `pieces` yields."""
        return -(-(self._end - self._first) // (DAYS * DAY_MS))

    def meters(self) -> Sequence[Meter]:
        """Return all registered meters."""
        with self._read() as session:
            return meters.all(session)

    def latest(self, meter: Meter) -> Reading | None:
        """Return the newest reading of a meter, in the period or not."""
        with self._read() as session:
            return readings.latest(session, meter.id)

    def own(self, meter: Meter) -> OwnValues:
        """Return the settings of a meter's values."""
        with self._read() as session:
            return value_settings.of(session, meter)

    def pieces(self, meter: Meter) -> Iterator[Sequence[Block]]:
        """Yield a meter's readings as blocks in order of time; a piece without any is empty."""
        for since in range(self._first, self._end, DAYS * DAY_MS):
            if self._last[:2] != (meter.id, since):
                self._last = (meter.id, since, self._piece(meter, since))
            yield self._last[2]

    def _piece(self, meter: Meter, since: int) -> Sequence[Block]:
        until = min(since + DAYS * DAY_MS, self._end)
        with self._read() as session:
            if self.period.dated:
                return _dated(session, meter, since, until)
            found = series.days(session, meter.id, since, until)
            return [cut for packed in found if (cut := _cut(packed, since, until))]

    @contextlib.contextmanager
    def _read(self) -> Generator[Session]:
        with database.translated(self.place), self._session() as session:
            yield session


def _cut(packed: Block, since: int, until: int) -> Block | None:
    """Return `packed` without what lies outside of the period, None when nothing is left."""
    if since <= packed.moments[0] and packed.moments[-1] < until:
        return packed
    rows = [row for row in packed.rows() if since <= row[0] < until]
    return block.loose(rows) if rows else None


def _dated(session: Session, meter: Meter, since: int, until: int) -> Sequence[Block]:
    rows = [
        (to_ms(reading.at), b"".join(reading.frames))
        for reading in readings.dated(session, meter.id, since, until)
    ]
    return [block.loose(rows)] if rows else []
