"""A bad wire in time that jumps: cuts, delays, loses, repeats, changes and mixes bytes.

Two `Wire`s and a heap of moments make a link on which a conversation can be tried for minutes in
milliseconds, with the same result for the same seed.
"""

import heapq
import random
from collections.abc import Callable

from shared.compat import ticks_add, ticks_diff

CONSOLE = (
    b"Traceback (most recent call last):\r\n",
    b'  File "main.py", line 7, in <module>\r\n',
    b">>> ",
    b"\x1e",  # a stray start of a record
    b"\x00\xff\x80",
    b"MPY: soft reboot\r\n",
)


class Wire:
    """One direction. Each share is of the chunks that `send` cuts its bytes into, 0.0-1.0.

    largest: bytes of a chunk. delay_ms: (least, most) of a chunk; none overtakes another.
    lost, changed (one bit of it), repeated (at once), console (text mixed in before it).
    late: share of whole messages that come a second time, up to `late_ms` later.
    """

    def __init__(
        self,
        seed: int,
        *,
        largest: int = 64,
        delay_ms: tuple[int, int] = (0, 2),
        lost: float = 0,
        changed: float = 0,
        repeated: float = 0,
        console: float = 0,
        late: float = 0,
        late_ms: int = 20_000,
    ) -> None:
        self._random = random.Random(seed)
        self._largest = largest
        self._delay_ms = delay_ms
        self._shares = (lost, changed, repeated, console, late)
        self._late_ms = late_ms
        self._last = 0  # ms after which the next chunk may arrive, from the start of the test

    def send(self, message: bytes, at: int) -> list[tuple[int, bytes]]:
        """Return the chunks of `message` (sent at `at` ms) as (arrival in ms, bytes)."""
        lost, changed, repeated, console, late = self._shares
        arrivals = []
        for chunk in self._chunks(message):
            if self._happens(console):
                arrivals.append(self._later(at, self._random.choice(CONSOLE)))
            if self._happens(lost):
                continue
            if self._happens(changed):
                place = self._random.randrange(len(chunk))
                bit = 1 << self._random.randrange(8)
                chunk = chunk[:place] + bytes([chunk[place] ^ bit]) + chunk[place + 1 :]
            for _ in range(1 + self._happens(repeated)):
                arrivals.append(self._later(at, chunk))
        if message and self._happens(late):
            arrivals.append((self._last + self._random.randint(1, self._late_ms), message))
        return arrivals

    def _chunks(self, message: bytes) -> list[bytes]:
        chunks = []
        while message:
            size = self._random.randint(1, self._largest)
            chunks.append(message[:size])
            message = message[size:]
        return chunks

    def _later(self, at: int, chunk: bytes) -> tuple[int, bytes]:
        self._last = max(self._last, at + self._random.randint(*self._delay_ms))
        return self._last, chunk

    def _happens(self, share: float) -> bool:
        return self._random.random() < share


class Moments:
    """What happens when, in ms from the start; the conversations see ticks that soon wrap."""

    FIRST_TICK = (1 << 30) - 5000

    def __init__(self) -> None:
        self.at = 0
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def plan(self, at: int, action: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._heap, (max(at, self.at), self._count, action))

    def run(self, until: int) -> None:
        while self._heap and self._heap[0][0] <= until:
            self.at, _, action = heapq.heappop(self._heap)
            action()
        self.at = until

    @property
    def ticks(self) -> int:
        return ticks_add(self.FIRST_TICK, self.at)

    def elapsed(self, ticks: int) -> int:
        """Return ms from the start to `ticks`."""
        return ticks_diff(ticks, self.FIRST_TICK)
