"""A master in virtual time: it runs the steps of `shared.mbus.line` on a port of the plant's bus.

Perfect where a real one is not: it learns of a byte at its last tick and loses no time of its own,
so that what it measures is the protocol's alone.
"""

from collections.abc import Generator
from typing import Any

from tools.plant.bus import Bus, Port
from tools.plant.clock import TICKS_PER_SECOND, ticks
from tools.plant.wire import Format

_GULP = 64  # bytes that end an idle wait, at most


class Master:
    """`now` is the master's time in ticks, that of its bus."""

    def __init__(self, bus: Bus, port: Port | None = None, baud: int = 2400) -> None:
        self.bus = bus
        self.port = port or bus.add_port(Format(baud))
        self._last = bus.now  # the tick at which the last byte was through; before us, who knows

    @property
    def now(self) -> int:
        """The tick it is."""
        return self.bus.now

    def drive(self, steps: Generator[Any, Any, Any]) -> Any:
        """Run `steps` to their end; return what they return, raise what they raise."""
        result = None
        while True:
            try:
                step = steps.send(result)
            except StopIteration as end:
                return end.value
            result = _STEPS[step[0]](self, *step[1:])

    def _send(self, frame: bytes) -> None:
        self.bus.write(self.port, frame, self.now)
        self._advance(self.port.free_at)
        self._last = max(self._last, self.now)

    def _read(self, count: int, timeout_ms: int) -> bytes:
        return self._take(count, self.now + ticks(timeout_ms / 1000))

    def _idle(self, us: int) -> bytes:
        return self._take(_GULP, max(self.now, self._last + -(-us * TICKS_PER_SECOND // 1_000_000)))

    def _pause(self, ms: int) -> None:
        self._advance(self.now + ticks(ms / 1000))

    def _take(self, count: int, deadline: int) -> bytes:
        while not self.port.inbox and self.now < deadline:
            due = self.bus.next_due()
            self._advance(deadline if due is None else min(due, deadline))
        data = bytes(self.port.inbox[:count])
        del self.port.inbox[:count]
        return data

    def _advance(self, tick: int) -> None:
        held = len(self.port.inbox)
        self.bus.advance(tick)
        if len(self.port.inbox) > held:
            self._last = self.now


_STEPS = {
    "send": Master._send,
    "read": Master._read,
    "idle": Master._idle,
    "pause": Master._pause,
}
