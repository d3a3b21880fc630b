"""The only file that asks which Python is running.

The code in `shared` runs unchanged on CPython, MicroPython and CircuitPython. Where the three
differ, the difference is settled here once, so that no other module needs a `try: import`.
"""

# Each name below is missing, or typed otherwise, in the stubs of one of the three Pythons.
# pyright: reportAssignmentType=false, reportAttributeAccessIssue=false

TYPE_CHECKING = False  # `typing` does not exist on the small Pythons; type checkers know this name

try:
    from micropython import const
except ImportError:

    def const(value):
        """Return `value` (an integer known at compile time); mpy-cross folds it into the code."""
        return value


try:
    from time import ticks_add, ticks_diff, ticks_ms
except ImportError:
    from time import monotonic_ns as _monotonic_ns

    # CPython and CircuitPython: the arithmetic of MicroPython, so that tests meet the wrap too.
    _TICKS_PERIOD = 1 << 30

    def ticks_ms():
        """Return a millisecond counter, 0..2**30-1, that wraps (after 12.4 days)."""
        return _monotonic_ns() // 1000000 % _TICKS_PERIOD

    def ticks_add(ticks, delta):
        """Return `ticks` moved by `delta` milliseconds (-2**29..2**29-1), wrapped."""
        return (ticks + delta) % _TICKS_PERIOD

    def ticks_diff(later, earlier):
        """Return `later - earlier` in milliseconds, right while they are under 6.2 days apart."""
        half = _TICKS_PERIOD >> 1
        return (later - earlier + half) % _TICKS_PERIOD - half
