"""Whether the firmware is well: what fails again and again, or for want of memory, is not.

One broken part never silences the others. But a board whose link, logger or journal can't run, or
that has no memory left, serves nobody: after `MOST` such failures within a minute it is sick, and
the updater restarts it.
"""

import gc

from shared.compat import const, ticks_diff

VITAL = ("LinkServer", "Logger", "Journal")
MOST = const(20)
_WITHIN_MS = const(60000)


class Health:
    """hal: its `ticks_ms`."""

    def __init__(self, hal):
        self._hal = hal
        self._spare = []
        self._failures = []  # ticks in ms of the last ones that count, the newest last

    def give_back_by(self, function):
        """Have `function` called when memory is short: it forgets what it can do without."""
        self._spare.append(function)

    def failed(self, name, error):
        """Note that the task of the part `name` failed with `error`; make room if it was short."""
        short = isinstance(error, MemoryError)
        if short:
            for give_back in self._spare:
                give_back()
            gc.collect()
        if short or name in VITAL:
            self._failures = self._failures[1 - MOST :] + [self._hal.ticks_ms()]

    def is_sick(self):
        """Tell whether it is time for a restart."""
        return len(self._failures) == MOST and self._age_ms(0) < _WITHIN_MS

    def was_well(self, ms):
        """Tell whether nothing that counts has failed for `ms`."""
        return not self._failures or self._age_ms(-1) >= ms

    def _age_ms(self, index):
        return ticks_diff(self._hal.ticks_ms(), self._failures[index])
