"""The meters as the pages show them: rows of the overview, their main value, their readings.

It reads the database and decodes the raw telegrams; what was decoded for a meter's last readout is
kept, so a page of 250 meters decodes only what is new. It never writes and never asks the bus.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from sqlalchemy.orm import Session

from host.readout.main_value import main_record
from host.readout.own_values import with_own
from host.readout.telegrams import RecordLine, medium_text
from host.settings.value import OwnValues
from host.store import meters, readings, value_settings
from host.store.meters import Meter
from host.store.readings import Reading
from host.texts.locale import Words
from host.web import record_text
from host.web.anatomy import Anatomy, dissect
from host.web.display import Shown, shown_value, visible
from host.web.media import icon_of
from host.web.reader import Reader
from host.web.settings import CONTINUOUS_AS_S, STALE_AFTER_CYCLES
from host.web.sight import sees
from shared import schedule

STATES = ("error", "alarm", "unread", "ok")
"""Worst first: the order of the State column."""

UNHEARD_S = 60
"""So long may a reading be missing that comes late, after a newer one, from a core not heard."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MeterRow:
    """A meter with what the overview shows of it.

    cycle_s: its own cycle or the common one (s), 0 for no pause.
    """

    meter: Meter
    record: RecordLine | None
    cycle_s: int

    @property
    def name(self) -> str:
        """The name that was entered, else the serial number, else the address."""
        meter = self.meter
        return visible(meter.name or meter.serial or meter.address)

    @property
    def medium(self) -> str:
        """The msgid of the medium, "" while it is not known."""
        return "" if self.meter.medium is None else medium_text(self.meter.medium) or ""

    @property
    def medium_icon(self) -> str:
        """The id in icons.svg."""
        return icon_of(self.meter.medium)

    def main_name(self, words: Words) -> str:
        """Return what the main value is called."""
        return record_text.quantity(self.record, words) if self.record else ""

    @property
    def state_rank(self) -> int:
        return STATES.index(self.meter.state)

    @property
    def address_rank(self) -> str:
        """Primary addresses by number, then secondary ones."""
        address = self.meter.address
        return f"{int(address):08d}" if len(address) <= 3 else "~" + address

    @property
    def stale_after_s(self) -> int:
        """The age (s) from which on the last readout is greyed."""
        period_s = schedule.period_s(self.cycle_s, self.meter.per_day or 0)
        return STALE_AFTER_CYCLES * (period_s or CONTINUOUS_AS_S)

    def stale(self, now: datetime) -> bool:
        """Tell whether the last readout is too old to be shown as current at `now`."""
        read_at = self.meter.last_read_at
        return read_at is not None and (now - read_at).total_seconds() > self.stale_after_s

    def main(self, words: Words) -> Shown:
        """Return the main value in the language of `words`."""
        return shown_value(self.record, words) if self.record else Shown("")


class MetersView:
    """Asks `reader`. cycle_s(): the common readout cycle (s)."""

    def __init__(self, reader: Reader, cycle_s: Callable[[], int]) -> None:
        self.read = reader.read
        self._kept = reader.kept
        self._cycle_s = cycle_s
        self._main: dict[int, tuple[datetime, int, RecordLine | None]] = {}
        self._heard: Counter[int] = Counter()

    def hear(self, meter_id: int) -> None:
        """Look at the readings of this meter again: the core has stored one."""
        self._heard[meter_id] += 1

    def rows(self) -> list[MeterRow]:
        """Return the rows of all meters that may be seen, in order of registration."""

        return [row for row in self._everything().values() if sees(row.meter.id)]

    def row(self, meter_id: int) -> MeterRow | None:
        """Return the row of one meter, None for one that there is not or that may not be seen."""
        return self._everything().get(meter_id) if sees(meter_id) else None

    def readings(
        self,
        meter_id: int,
        limit: int,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Sequence[Reading]:
        """Return the newest readings of a meter, newest first, at most `limit`.

        since: the first moment that counts; until: the first that no longer does.
        """
        if not sees(meter_id):
            return []

        def work(session: Session) -> Sequence[Reading]:
            return readings.list(session, meter_id, since, until, limit)

        row = self.row(meter_id)
        if row is None or since is not None or until is not None:  # is asked for once
            return self.read(work)
        still = row.meter, self._heard[meter_id], time.monotonic() // UNHEARD_S
        return self._kept(("readings", meter_id, limit), work, still)

    def records(self, meter: Meter) -> Sequence[RecordLine]:
        """Return the values of the newest reading as the meter says them."""
        reading = self.read(lambda session: readings.latest(session, meter.id))
        return [line for part in anatomies(reading) for line in part.records] if reading else []

    def own_values(self, meter: Meter) -> OwnValues:
        """Return the settings of a meter's values."""
        return self.read(lambda session: value_settings.of(session, meter))

    def values(self, meter: Meter, reading: Reading) -> Sequence[RecordLine]:
        """Return the values of a reading, over all its telegrams, with their settings."""
        return self._kept(
            ("values", meter.id, reading.id),
            lambda session: _lines(session, meter, reading),
            meter.values_revision,
        )

    def reading(self, meter_id: int, reading_id: int) -> Reading | None:
        """Return one reading of a meter, or None."""
        found = self.read(lambda session: readings.get(session, reading_id))
        return found if found and found.meter_id == meter_id and sees(meter_id) else None

    def _everything(self) -> Mapping[int, MeterRow]:
        """Return the rows of all meters by their numbers, whoever asks."""

        def work(session: Session) -> Mapping[int, MeterRow]:
            return {meter.id: self._row(session, meter) for meter in meters.all(session)}

        return self._kept(("rows", self._cycle_s()), work)

    def _row(self, session: Session, meter: Meter) -> MeterRow:
        cycle_s = self._cycle_s() if meter.cycle_s is None else meter.cycle_s
        return MeterRow(meter, self._main_record(session, meter), cycle_s)

    def _main_record(self, session: Session, meter: Meter) -> RecordLine | None:
        if meter.last_read_at is None:
            return None
        kept = self._main.get(meter.id)
        if kept and kept[:2] == (meter.last_read_at, meter.values_revision):
            return kept[2]
        reading = readings.latest(session, meter.id)
        record = main_record(meter.medium, _lines(session, meter, reading)) if reading else None
        self._main[meter.id] = (meter.last_read_at, meter.values_revision, record)
        return record


def _lines(session: Session, meter: Meter, reading: Reading) -> Sequence[RecordLine]:
    lines = [line for part in anatomies(reading) for line in part.records]
    return with_own(lines, value_settings.of(session, meter))


def anatomies(reading: Reading) -> list[Anatomy]:
    """Return the telegrams of `reading`, taken apart."""
    return [_dissected(bytes(frame)) for frame in reading.frames]


@lru_cache(maxsize=512)
def _dissected(frame: bytes) -> Anatomy:
    return dissect(frame)
