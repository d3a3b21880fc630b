"""The only file that asks which Python is running.

The code in `shared` runs unchanged on CPython, MicroPython and CircuitPython. Where the three
differ, the difference is settled here once, so that no other module needs a `try: import`.
"""

# Each name below is missing, or typed otherwise, in the stubs of one of the three Pythons.
# pyright: reportAssignmentType=false, reportAttributeAccessIssue=false

import time as _time

TYPE_CHECKING = False  # `typing` does not exist on the small Pythons; type checkers know this name

# Whether memory is counted in megabytes: caches may then hold more than a board can spare.
ROOMY = False

try:
    from micropython import const
except ImportError:
    ROOMY = True

    def const(value):
        """Return `value` (an integer known at compile time); mpy-cross folds it into the code."""
        return value


if hasattr(_time, "ticks_diff"):
    ticks_ms = getattr(_time, "ticks_ms")  # noqa: B009 - the type checkers' time has none
    ticks_add = getattr(_time, "ticks_add")  # noqa: B009
    ticks_diff = getattr(_time, "ticks_diff")  # noqa: B009
else:
    # CPython and CircuitPython: the arithmetic of MicroPython, so that tests meet the wrap too.
    _TICKS_PERIOD = 1 << 30

    def ticks_ms():
        """Return a millisecond counter, 0..2**30-1, that wraps (after 12.4 days)."""
        return _time.monotonic_ns() // 1000000 % _TICKS_PERIOD

    def ticks_add(ticks, delta):
        """Return `ticks` moved by `delta` milliseconds (-2**29..2**29-1), wrapped."""
        return (ticks + delta) % _TICKS_PERIOD

    def ticks_diff(later, earlier):
        """Return `later - earlier` in milliseconds, right while they are under 6.2 days apart."""
        half = _TICKS_PERIOD >> 1
        return (later - earlier + half) % _TICKS_PERIOD - half
