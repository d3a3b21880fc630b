"""What the logger must know after a restart: reading date, who owes it, when batteries were read.

A reading date is served when every meter has given its reading, for a day at most; who still owes
it is kept with it. It is kept after the readings are: a power cut may have one made twice, never
lost.

A battery's reading is noted before it begins, with one write for all whose turn comes in a minute.
What was noted and not read then waits a whole interval: never one too many.
"""

import json

from firmware.readout.plan import DATE_DUE, DATE_OWED, HELD_BACK, QUEUED, RESERVED
from shared import reading_dates, schedule
from shared.compat import const

_FILE = "logger"
_GOOD_FOR_S = const(60)  # a note of batteries that are about to be read


class Moments:
    """kept: `firmware.kept_values`.

    date: the reading date served last, UTC in s, None before the first. unsaved: `save` has
    something to do. owes: it has to do with readings of the reading date.
    """

    def __init__(self, kept):
        self._flash = kept
        before = self._load()
        self.date = before.get("date")
        self.unsaved = self.owes = False
        self._owed = before.get("owed")  # revision of the plan, a hex digit for each four meters
        self._read = before.get("read", {})  # batteries: moment by segment and address
        self._date_before = None
        self._marked = self.date is not None  # meters were marked for `date`
        self._good_until_s = 0

    def _load(self):
        try:
            before = json.loads(self._flash.load(_FILE) or "{}")
            whole = isinstance(before.get("read", {}), dict)
            return before if whole and isinstance(before.get("owed") or [], list) else {}
        except (ValueError, AttributeError):
            return {}

    def restore(self, plan, now):
        """Mark the meters of `plan` as they were before the restart. The clock is not known."""
        for index in range(len(plan)):
            if self._owed and self._was_owed(plan, index):
                plan.flags[index] |= DATE_DUE | DATE_OWED
            if plan.rhythm(index)[1]:
                plan.begun[index] = now
                plan.flags[index] |= HELD_BACK

    def _was_owed(self, plan, index):
        revision, digits = self._owed or (None, "")
        if revision != plan.revision or index >= 4 * len(digits):
            return True  # of a plan that came just then: rather twice than never
        return int(digits[index // 4], 16) >> index % 4 & 1

    # --- the reading date ---

    def look(self, plan, now):
        """Mark the meters when a reading date has come; return the next one, None without."""
        if not plan.dates:
            return None
        last = reading_dates.last_moment(now, plan.dates, plan.offsets)
        if last is not None:
            self._take(plan, now, last)
        return reading_dates.next_moment(now, plan.dates, plan.offsets)

    def _take(self, plan, now, last):
        if self.date is None:
            self.date = now  # what was before we knew of it is none of ours
            self.unsaved = True
        elif self.date > now + (schedule.DAY_S if self._marked else 0):
            self._take_back(plan, now)
        if last > self.date:
            self._date_before, self.date = self.date, last
            self.unsaved = self._marked = True
            for index in range(len(plan)):
                plan.flags[index] |= DATE_DUE | DATE_OWED

    def _take_back(self, plan, now):
        """The clock was far ahead: that date has not come yet."""
        before, self._date_before = self._date_before, None
        self.date = now if before is None or before > now else before
        self.unsaved = True
        self._marked = False
        for index in range(len(plan)):
            plan.flags[index] &= ~(DATE_DUE | DATE_OWED)

    def is_on(self, known, now):
        """Tell whether meters that owe the reading date are to be read for it now.

        known: `now` is UTC.
        """
        return not self.is_ahead(known, now) and now < (self.date or 0) + schedule.DAY_S

    def is_ahead(self, known, now):
        """Tell whether the reading date that meters owe may still be to come: the clock says so."""
        return not known or self.date is None or now < self.date

    def forget_date(self, now):
        """The rules are others: what was before them is none of theirs. now: UTC or None."""
        self.date = now
        self._date_before = self._owed = None
        self._marked = False
        self.unsaved = True

    def paid(self):
        """A meter has given the reading that it owed."""
        self.unsaved = self.owes = True

    # --- batteries ---

    def covers(self, plan, index, now):
        """Tell whether a meter may be read now without being noted before."""
        if not plan.rhythm(index)[1]:
            return True
        return bool(plan.flags[index] & RESERVED) and now <= self._good_until_s

    def place_batteries(self, plan, now):
        """Now that the clock is known, go by when the batteries were read before the restart."""
        for index in range(len(plan)):
            if plan.flags[index] & HELD_BACK:
                plan.flags[index] &= ~HELD_BACK
                plan.begun[index] = min(now, self._read.get(_name(plan, index), now))

    def shift(self, step_s):
        """The clock was set."""
        self._good_until_s += step_s
        self.unsaved = True

    # --- into flash ---

    def owed(self, plan, known, now):
        """Return who owes the reading date, for `save`."""
        if not known:
            return self._owed
        digits = bytearray((len(plan) + 3) // 4)
        for index in range(len(plan)):
            if plan.flags[index] & DATE_OWED:
                digits[index // 4] |= 1 << index % 4
        if not any(digits) or now >= (self.date or 0) + schedule.DAY_S:
            return None
        return [plan.revision, "".join(["%x" % digit for digit in digits])]

    def save(self, plan, known, now, owed):
        """Keep it all in flash. OSError, and the old stays, when that is full or broken."""
        self._note_batteries(plan, known, now)
        self._flash.save_pieces(_FILE, self._pieces(owed))

    def _pieces(self, owed):
        yield json.dumps({"date": self.date, "owed": owed})[:-1].encode()
        between = ', "read": {'
        for name in self._read:
            yield ('%s"%s": %d' % (between, name, self._read[name])).encode()
            between = ", "
        yield b"}}" if self._read else b"}"

    def _note_batteries(self, plan, known, now):
        self._good_until_s = now + _GOOD_FOR_S
        noted = {}
        for index in range(len(plan)):
            if not plan.rhythm(index)[1]:
                continue
            name = _name(plan, index)
            begun, flags = plan.begun[index], plan.flags[index]
            soon = flags & QUEUED or plan.due_s(index, known) <= self._good_until_s
            if soon:
                begun = self._good_until_s
                plan.flags[index] = flags | RESERVED
            else:
                plan.flags[index] = flags & ~RESERVED
            if flags & HELD_BACK and not soon:
                if name in self._read:
                    noted[name] = self._read[name]
            elif known and begun:
                noted[name] = begun  # without: nobody knows when, it will wait a whole interval
        self._read = noted


def _name(plan, index):
    return "%d/%s" % (plan.segment(index), plan.address(index))
