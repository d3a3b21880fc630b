"""Virtual time, in ticks of 1/614 400 s.

The tick is chosen so that every M-Bus baud rate (300 to 38 400) divides it into whole bits, and a
bit into at least 16 ticks: spacing is exact, sums never drift, and two meters may be less than a
bit apart. 50 ms are 30 720 ticks.
"""

import time

TICKS_PER_SECOND = 614_400

BAUD_RATES = (300, 600, 1200, 2400, 4800, 9600, 19200, 38400)


def bit_ticks(baud: int) -> int:
    """Return the length of a bit in ticks; exact for `BAUD_RATES`, rounded for other rates."""
    return max(2, round(TICKS_PER_SECOND / baud))


def ticks(seconds: float) -> int:
    """Return `seconds` in ticks."""
    return round(seconds * TICKS_PER_SECOND)


class Clock:
    """Real time turned into virtual ticks, running `scale` times as fast."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self._zero_ns = time.monotonic_ns()

    def now(self) -> int:
        """Return the virtual time in ticks since the plant was started."""
        return int((time.monotonic_ns() - self._zero_ns) * self.scale * TICKS_PER_SECOND / 1e9)

    def real_seconds(self, span: int) -> float:
        """Return how many real seconds a span of ticks takes."""
        return span / TICKS_PER_SECOND / self.scale
