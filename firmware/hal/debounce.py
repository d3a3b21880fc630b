"""Tells the pulses of a contact from its bounces, by the times of its edges. Pure.

A level counts once it has stood for SETTLE_US without an edge. So a pulse of 30 ms followed by a
pause of 30 ms (the shortest of DIN 43864 and IEC 62053-31 class A) counts even when the contact
bounces for 10 ms or is hit by a spike of 3 ms in its middle, and spikes and bounces alone, however
many, do not. Only the times of the edges matter: the caller may be late with them, if it keeps
their order.

Times are microseconds that wrap at 2**30 as `time.ticks_us` does. Call `settle` every few minutes
at least: an edge older than 8.9 minutes that has not been settled would look new.
"""

from shared.compat import const

SETTLE_US = const(10000)
_TICKS = const(0x3FFFFFFF)
_HALF = const(0x20000000)


class Debounce:
    """One contact, `closed` (bool) at rest when it begins.

    count   pulses: how often the contact has come to rest closed
    closed  where it has come to rest last
    """

    def __init__(self, closed=False):
        self.closed = closed
        self.count = 0
        self._raw = closed
        self._since_us = None  # of the last edge, None once its level has stood long enough

    def edge(self, closed, at_us):
        """The contact moved to `closed` at `at_us`.

        One that repeats the level before it means that two edges in between were missed.
        """
        self.settle(at_us)
        self._raw = bool(closed)
        self._since_us = at_us

    def settle(self, now_us):
        """There was no further edge up to `now_us`; return the count."""
        # Small integers on every board, so that an interrupt may call it; from half the circle on
        # `now_us` is before the edge: the caller took it before the edge's interrupt came.
        if self._since_us is not None and SETTLE_US <= ((now_us - self._since_us) & _TICKS) < _HALF:
            self._since_us = None
            if self._raw != self.closed:
                self.closed = self._raw
                self.count += self._raw
        return self.count
