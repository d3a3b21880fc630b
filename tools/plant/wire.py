"""A wire as its bits: what is sent on it, and what a UART makes of it.

Every sender puts a `Signal` on the wire: a row of levels, 1 (mark, the idle level) or 0 (space),
each as long as the sender's bit. The level of the wire is the wired AND of all signals, for the
meters' current sinks add up: one space is enough. A `Uart` then samples that level as a real one
does: a falling edge starts a character, each bit is read in its middle. Collisions, less than a bit
apart or more, noise, a wrong baud rate, a wrong parity and a short circuit need no rule of their
own: they follow.
"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from tools.plant.clock import bit_ticks


class Format(NamedTuple):
    """How characters are put into bits. M-Bus is 8E1 (EN 13757-2:2018, 5.5)."""

    baud: int = 2400
    parity: str = "E"  # one of N E O M S, as pyserial names them
    data_bits: int = 8
    stop_bits: int = 1

    @property
    def bits(self) -> int:
        """The bits of a whole character, start and stop included."""
        return 1 + self.data_bits + (self.parity != "N") + self.stop_bits

    @property
    def bit(self) -> int:
        """The length of a bit in ticks."""
        return bit_ticks(self.baud)

    @property
    def character(self) -> int:
        """The length of a character in ticks."""
        return self.bits * self.bit


MBUS = Format()


def parity_bit(byte: int, parity: str) -> int:
    """Return the parity bit of `byte` for parity E, O, M or S."""
    ones = byte.bit_count() & 1
    return {"E": ones, "O": 1 - ones, "M": 1, "S": 0}[parity]


@cache
def _alphabet(parity: str, data_bits: int, stop_bits: int) -> list[bytes]:
    """Return the levels of each of the 256 characters, start bit first."""
    rows: list[bytes] = []
    for byte in range(256):
        kept = byte & ((1 << data_bits) - 1)
        row = [0] + [(kept >> n) & 1 for n in range(data_bits)]
        if parity != "N":
            row.append(parity_bit(kept, parity))
        rows.append(bytes(row + [1] * stop_bits))
    return rows


class Signal:
    """Levels on a wire from tick `start` on, each `bit` ticks long; 1 before and after."""

    __slots__ = ("bit", "data", "end", "format", "levels", "source", "start")

    def __init__(self, start: int, bit: int, levels: bytes, source: object = None) -> None:
        self.start = start
        self.bit = bit
        self.levels = levels
        self.end = start + bit * len(levels)
        self.source = source
        self.format: Format | None = None
        self.data = b""

    @classmethod
    def of_bytes(cls, start: int, data: bytes, form: Format, source: object = None) -> "Signal":
        """Return `data` as characters without a gap between them."""
        alphabet = _alphabet(form.parity, form.data_bits, form.stop_bits)
        signal = cls(start, form.bit, b"".join([alphabet[byte] for byte in data]), source)
        signal.data = data
        signal.format = form
        return signal

    @classmethod
    def pulse(cls, start: int, end: int, source: object = None) -> "Signal":
        """Return a space from `start` to `end`: noise, a break, a short circuit."""
        return cls(start, end - start, b"\0", source)

    def level(self, tick: int) -> int:
        """Return the level this signal asks for at `tick`."""
        if not self.start <= tick < self.end:
            return 1
        return self.levels[(tick - self.start) // self.bit]

    def next_low(self, tick: int) -> int | None:
        """Return the first tick >= `tick` at which this signal is low."""
        first = max(0, (tick - self.start) // self.bit)
        index = self.levels.find(b"\0", first)
        return None if index < 0 else max(tick, self.start + index * self.bit)

    def next_high(self, tick: int) -> int:
        """Return the first tick >= `tick` at which this signal is high."""
        if not self.start <= tick < self.end:
            return tick
        index = self.levels.find(b"\1", (tick - self.start) // self.bit)
        return self.end if index < 0 else max(tick, self.start + index * self.bit)

    def cut(self, tick: int) -> None:
        """End the signal at `tick`, as if the sender had lost its power."""
        if tick >= self.end:
            return
        whole = max(0, tick - self.start)
        count = -(-whole // self.bit)
        self.levels = self.levels[:count]
        self.end = min(self.end, max(tick, self.start))
        self.format = None  # its last character may be cut: it has to be sampled


class Wire:
    """The signals of one direction of the bus, in the order of their start."""

    def __init__(self) -> None:
        self.signals: list[Signal] = []

    def add(self, signal: Signal) -> None:
        """Put a signal on the wire."""
        self.signals.append(signal)
        if len(self.signals) > 1 and self.signals[-2].start > signal.start:
            self.signals.sort(key=lambda one: one.start)

    def forget(self, before: int) -> None:
        """Drop the signals that ended before tick `before`."""
        if self.signals and self.signals[0].end < before:
            self.signals = [signal for signal in self.signals if signal.end >= before]


class Character(NamedTuple):
    """What a UART received: a byte, its first and last tick, and whether it was flawless."""

    byte: int
    start: int
    end: int
    good: bool


class Uart:
    """A receiver on a wire. `position` is the tick up to which it has listened."""

    def __init__(self, form: Format, position: int = 0) -> None:
        self.format = form
        self.position = position
        self._low = False  # the last character had no stop bit: wait for the wire to go high

    def next_end(self, signals: Iterable[Signal]) -> int | None:
        """Return the tick at which the next character will be complete, None if none is coming."""
        start = self._next_start(signals)
        return None if start is None else start + self.format.character

    def receive(
        self, signals: list[Signal], now: int, disturbing: list[Signal] | None = None
    ) -> list[Character]:
        """Return the characters that were complete at tick `now`, and listen on from there.

        `disturbing` are signals that can spoil a character but not start one: the master's own
        sending, while it listens.
        """
        form = self.format
        received: list[Character] = []
        while True:
            start = self._next_start(signals)
            if start is None or start + form.character > now:
                break
            end = start + form.character
            active = [s for s in signals if s.start < end and s.end > start]
            if disturbing:
                active += [s for s in disturbing if s.start < end and s.end > start]
            character = self._whole(active[0], start, end) if len(active) == 1 else None
            if character is None:
                character = self._sample(active, start, end)
            if character is not None:
                received.append(character)
        if not signals:
            self.position = max(self.position, now)
        return received

    def _next_start(self, signals: Iterable[Signal]) -> int | None:
        """Return the tick of the next falling edge."""
        position = self.position
        signals = [s for s in signals if s.end > position]
        # Still low, after a framing error: wait until everybody lets go of the wire. Nobody who
        # joins later can shorten the wait, so it need not be gone through again.
        while self._low and (low := [s for s in signals if not s.level(position)]):
            position = max(s.next_high(position) for s in low)
        self.position = position
        edges = [low for s in signals if (low := s.next_low(position)) is not None]
        return min(edges, default=None)

    def _whole(self, signal: Signal, start: int, end: int) -> Character | None:
        """The quick way: one sender alone, in our format; the character as it was sent."""
        form = self.format
        if signal.format != form:
            return None
        index, rest = divmod(start - signal.start, form.character)
        if rest or end > signal.end:
            return None
        self.position = end - form.bit // 2
        self._low = False
        return Character(signal.data[index], start, end, True)

    def _sample(self, active: list[Signal], start: int, end: int) -> Character | None:
        """The slow way: read each bit in its middle."""
        form = self.format
        bit = form.bit
        tick = start + bit // 2

        def level() -> int:
            return 1 if all(signal.level(tick) for signal in active) else 0

        if level():  # a spike, shorter than half a bit: no start
            self.position = tick
            self._low = False
            return None
        byte = 0
        for n in range(form.data_bits):
            tick += bit
            byte |= level() << n
        good = True
        if form.parity != "N":
            tick += bit
            good = level() == parity_bit(byte, form.parity)
        tick += bit
        self._low = not level()
        good = good and not self._low
        self.position = end - bit // 2
        return Character(byte, start, end, good)
