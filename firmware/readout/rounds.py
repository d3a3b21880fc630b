"""Counts the readouts of all meters that are due together, for people who watch.

A round begins with the first meter that is due while none is under way, takes in every meter that
falls due until it ends, and ends when all of these have been asked. A meter that is due a second
time meanwhile belongs to the next.
"""

from shared.compat import const, ticks_diff

_WAITS = const(1)
_WAS_ASKED = const(2)


class Rounds:
    """most: meters there can be. last: the round that ended last, a group as `round` of
    logger.state; None before.
    """

    def __init__(self, hal, most):
        self.last = None
        self._hal = hal
        self._now = {}  # empty while there is none
        self._began_ms = 0
        self._number = 0
        self._seats = bytearray(most)  # by index: where a meter is in this round
        self._left = 0

    def current(self):
        """Return the round under way as a group of logger.state, None when there is none."""
        if not self._now:
            return None
        told = dict(self._now)
        told["duration_ms"] = ticks_diff(self._hal.ticks_ms(), self._began_ms)
        return told

    def joined(self, index):
        """A meter is due; return whether a round begins with it."""
        begins = not self._now
        if begins:
            self._number += 1
            self._began_ms = self._hal.ticks_ms()
            self._now = {"number": self._number, "utc_s": self._hal.utc_s()}
            self._now["total"] = self._now["done"] = self._now["failed"] = 0
        if not self._seats[index]:
            self._seats[index] = _WAITS
            self._left += 1
            self._now["total"] += 1
        return begins

    def asked(self, index, ok):
        """A meter was asked; return the round that ends with it, None when none does."""
        if self._seats[index] == _WAITS:
            self._seats[index] = _WAS_ASKED
            self._left -= 1
            self._now["done"] += 1
            self._now["failed"] += not ok
        return self._end() if self._now and not self._left else None

    def changed(self):
        """The plan is another: the round under way is over, its meters have other indices."""
        if self._now:
            self._end()

    def _end(self):
        self.last = self.current()
        self._now = {}
        self._left = 0
        for index in range(len(self._seats)):
            self._seats[index] = 0
        return self.last
