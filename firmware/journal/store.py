"""The journal in flash: the series of readings and that of the readings of a reading date.

When the room is used up the oldest readings go first, those of a reading date last, a whole file at
a time. What must outlive a restart beside the files stands in one small one, replaced in one step:
how many entries were lost, how far the host has acknowledged, and when each boot's uptime was 0.
That one is written before a file is given up, so every lost entry is counted once; where flash has
no room for it, right after.

Nothing here waits: `load` is a generator, entries are packed one by one, and the caller sees to a
quiet bus before `append` and `tidy`, which write to flash.
"""

import json
import os

from firmware import kept_values
from firmware.journal.batch import Batch
from firmware.journal.series import Series, number_of, place_of
from shared.compat import const

_STATE = "state"
_SEGMENT_SIZE = const(98304)  # bytes after which a series goes on in a new file
_NO_SPACE = const(28)  # errno ENOSPC
_SPARE = const(65536)  # bytes of flash left to others
_SAME_CLOCK_MS = const(2000)


class Store:
    """folder: an absolute path, made if need be; None where there is no flash to keep entries in.

    room: bytes of flash that its files may take. keeps: whether there is a folder.

    acknowledged: the place up to which the host has all.
    """

    def __init__(self, folder=None, room=1400000):
        self.keeps = folder is not None
        self.acknowledged = (0, 0)
        self._folder = folder or ""
        self._room = room
        size = min(_SEGMENT_SIZE, room // 8)
        self._readings = Series(folder, "r", size)
        self._dates = Series(folder, "d", size)
        self._all = (self._readings, self._dates)  # the order in which they are given up
        self._lost = 0  # not counting what is damaged in the files that are there
        self._gone = []  # files to be removed
        self._clocks = {}  # boot -> UTC in ms at uptime 0
        self._ends = {}  # boot without a clock -> uptime in ms of its last batch
        self._kept = None  # the state as it stands in flash

    def load(self):
        """Find what earlier boots have left: a generator, to be run to its end before all else.

        OSError when there is no folder that can be read: nothing may be written then.
        """
        if not self.keeps:
            return
        try:
            os.mkdir(self._folder)
        except OSError:
            pass  # it is there; if not, the next line says so
        names = os.listdir(self._folder)
        self._gone = []
        self._kept = kept_values.load(_STATE, self._folder)
        self._set(self._kept)
        for series in self._all:
            for _, _, boot, _, _, _, uptime_ms, zero_ms in series.load(names):
                if zero_ms:
                    self._clocks[boot] = zero_ms
                elif uptime_ms >= self._ends.get(boot, 0):
                    self._ends[boot] = uptime_ms
                yield
            self._acknowledge(series)
        self._fill_clocks()
        self._room = min(self._room, self.taken + _free(self._folder) - _SPARE)

    @property
    def lost(self):
        """How many entries were given up unacknowledged or can't be restored, ever."""
        return self._lost + sum([series.damaged for series in self._all])

    def lose(self, count):
        """Count entries that were lost elsewhere; the next `tidy` keeps that."""
        self._lost += count

    @property
    def left(self):
        """How many entries are in flash and not acknowledged."""
        return self._readings.left + self._dates.left

    @property
    def taken(self):
        """Bytes of flash that the files take."""
        return self._readings.taken + self._dates.taken

    def begin(self, entry):
        """Return a new `Batch` for entries of the kind of `entry`: to be filled by `pack`.

        Only one at a time: it is then given to `append` or cancelled.
        """
        is_date = entry["kind"] == "date"
        return Batch(self._of(is_date).newest(), is_date)

    def pack(self, batch, entry, uptime_ms):
        """Put `entry`, made at `uptime_ms`, into `batch`; False when it must go into another."""
        if (entry["kind"] == "date") != batch.is_date:
            return False
        if not batch.segment.size:
            return batch.add(entry, uptime_ms, None)
        with open(batch.segment.path, "rb") as file:
            return batch.add(entry, uptime_ms, file)

    def _of(self, is_date):
        return self._dates if is_date else self._readings

    def is_current(self, batch):
        """Tell whether the file that `batch` is made for is still ours, or yet to be made."""
        return not batch.segment.size or batch.segment in self._of(batch.is_date).segments

    def append(self, batch):
        """Write `batch`, giving up what is oldest for it; False when its file has gone meanwhile.

        Raises OSError when flash is broken, or full in spite of all, and MemoryError: the batch is
        cancelled, and all else is as before.
        """
        if not self.is_current(batch):
            return False
        try:
            while self.taken + batch.size > self._room and self._give_up(batch.segment):
                pass
            while not self._try(batch):
                self._give_up(batch.segment)
        except:
            batch.cancel()
            raise
        return True

    def _try(self, batch):
        """Write `batch`; return False where there is no room but what others can give up."""
        try:
            self._of(batch.is_date).append(batch, self.acknowledged)
            return True
        except OSError as error:
            if error.errno != _NO_SPACE or not self._can_give_up(batch.segment):
                raise
            return False

    def _can_give_up(self, kept):
        return bool(self._gone or self._oldest(kept))

    def _oldest(self, kept):
        """Return the series whose oldest segment goes first, `kept` excepted; None without."""
        for series in self._all:
            if series.segments and series.segments[0] is not kept:
                return series
        return None

    def _give_up(self, kept):
        """Give up the oldest segment but `kept`; False when there is none."""
        if self._gone:
            self._remove()
            return True
        series = self._oldest(kept)
        if series is None:
            return False
        oldest = series.segments[0]
        before = self._lost, series.dropped
        self._lost += oldest.left + oldest.damaged
        series.dropped = number_of(oldest.path)
        try:
            self._save()
        except OSError as error:
            if error.errno != _NO_SPACE:  # else its own blocks are what there is
                self._lost, series.dropped = before
                raise
        self._gone.append(series.give_up().path)
        self._remove()
        return True

    def next(self, place):
        """Return the first entry after `place` that is not acknowledged; None when there is none.

        It is (entry, uptime in ms, UTC in ms at uptime 0 or 0 while that is unknown).
        """
        place = max(place, self.acknowledged)
        found = [series.next(place) for series in self._all]
        found = [item for item in found if item]
        if not found:
            return None
        return min(found, key=lambda item: place_of(item[0]))

    def acknowledge(self, place):
        """Take the entries up to `place` for done; `tidy` then removes them."""
        if place > self.acknowledged:
            self.acknowledged = place
            for series in self._all:
                self._acknowledge(series)

    def _acknowledge(self, series):
        for segment in series.acknowledge(self.acknowledged):
            self._lost += segment.damaged
            self._gone.append(segment.path)

    def zero_ms(self, boot):
        """Return UTC in ms at uptime 0 of `boot`; 0 while it is unknown."""
        return self._clocks.get(boot, 0)

    def note_clock(self, boot, zero_ms):
        """Learn that at uptime 0 of `boot`, the present one, UTC was `zero_ms`."""
        if abs(self._clocks.get(boot, 0) - zero_ms) >= _SAME_CLOCK_MS:
            self._clocks[boot] = zero_ms
            self._fill_clocks()

    def _fill_clocks(self):
        """Give boots that never knew the time one, as if each had been followed at once.

        Their moments are then never too early, and late by the time that the power was off.
        """
        later_ms = None
        for boot in sorted(set(self._ends) | set(self._clocks), reverse=True):
            if boot in self._clocks:
                later_ms = self._clocks[boot]
            elif later_ms is not None:
                later_ms = self._clocks[boot] = later_ms - self._ends[boot]

    @property
    def untidy(self):
        """Whether `tidy` has something to do."""
        return bool(self._gone) or (self.taken > 0 and self._state() != self._kept)

    def tidy(self):
        """Remove the files that are done with, keep what must outlive a restart."""
        self._remove()
        self._save()

    def _remove(self):
        while self._gone:
            os.remove(self._gone[0])
            self._gone.pop(0)

    def _save(self):
        state = self._state()
        if state != self._kept:
            kept_values.save(_STATE, state, self._folder)
            self._kept = state

    def _state(self):
        """Return what is to outlive a restart, as text."""
        oldest = min([s.segments[0].first[0] for s in self._all if s.segments] or [1 << 30])
        clocks = [(boot, self._clocks[boot]) for boot in sorted(self._clocks) if boot >= oldest]
        dropped = [series.dropped for series in self._all]
        return json.dumps([self._lost, dropped, self.acknowledged, clocks])

    def _set(self, text):
        """Take what `_state` has returned in an earlier boot; nothing of a text that is spoilt."""
        try:
            lost, dropped, acknowledged, clocks = json.loads(text or "")
            self._clocks = dict(clocks)
        except (TypeError, ValueError):
            return
        self._lost = lost
        self.acknowledged = tuple(acknowledged)
        for series, number in zip(self._all, dropped):
            series.dropped = number


def _free(folder):
    """Return the free bytes of the file system of `folder`."""
    system = os.statvfs(folder)
    return system[1] * system[3]
