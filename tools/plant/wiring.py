"""Everything that is wired to the device but the meters: contacts, sensors, supply, relays, keys.

Pure: it is moved on by `advance(now_us)` and never reads a clock; `next_due` says when a contact
will move by itself. What the device switches is kept in `outputs`; when the device has no power
they fall back to what a cabinet shows then: relays released, LEDs and display dark.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from tools.plant.bus import Bus
from tools.plant.lcd import LCD_BYTES

INPUTS = 4
SENSORS = 2
RELAYS = 2
KEYS = ("enter", "function")
LEDS = ("read", "scan")
VOLTAGE_MV = 36_000
SAG_MV = 2_500  # what a short circuit leaves of the bus voltage
SHORT_MILLIOHMS = 1_500  # a PT1000 whose leads touch
_SHORTEST_BOUNCE_US = 50


class Edge(NamedTuple):
    """A contact moves at `at_us`; `pulse` is 1 where a pulse of a meter begins."""

    at_us: int
    closed: bool
    pulse: int


@dataclass(frozen=True)
class Train:
    """Pulses of an S0 output: `count` of them (None: endless), times in microseconds.

    `bounce_us`: how long the contact bounces at each closing and opening; `glitch_us`: the length
    of a spike in the middle of each pulse and each pause.
    """

    count: int | None = 1
    pulse_us: int = 30_000
    pause_us: int = 30_000
    bounce_us: int = 0
    glitch_us: int = 0

    def edges(self, start_us: int, chance: random.Random) -> Iterator[Edge]:
        """Yield the edges of the train, which begins with a pause at `start_us`."""
        at_us, made = start_us, 0
        while self.count is None or made < self.count:
            yield from self._spike(at_us + self.pause_us // 2, False)
            at_us += self.pause_us
            yield Edge(at_us, True, 1)
            yield from bounce(at_us, self.bounce_us, True, chance)
            yield from self._spike(at_us + self.pulse_us // 2, True)
            at_us += self.pulse_us
            yield Edge(at_us, False, 0)
            yield from bounce(at_us, self.bounce_us, False, chance)
            made += 1

    def _spike(self, middle_us: int, closed: bool) -> Iterator[Edge]:
        if self.glitch_us:
            first_us = middle_us - self.glitch_us // 2
            yield Edge(first_us, not closed, 0)
            yield Edge(first_us + self.glitch_us, closed, 0)


def bounce(
    at_us: int, length_us: int, closed: bool, chance: random.Random, longest_us: int = 1_500
) -> Iterator[Edge]:
    """Yield the edges of a contact at `closed` that bounces for `length_us` and comes to rest."""
    end_us, level = at_us + length_us, closed
    while True:
        at_us += chance.randint(_SHORTEST_BOUNCE_US, longest_us)
        if at_us >= end_us:
            break
        level = not level
        yield Edge(at_us, level, 0)
    if level != closed:
        yield Edge(end_us, closed, 0)


class Contact:
    """One S0 input's contact. `pulses` counts what the meter behind it has given."""

    def __init__(self, number: int, seed: object) -> None:
        self.closed = False
        self.pulses = 0
        self._chance = random.Random(f"{seed}/s0.{number}")
        self._edges: Iterator[Edge] = iter(())
        self._next: Edge | None = None

    def start(self, train: Train, now_us: int) -> None:
        """Give the pulses of `train`, in place of what was being given: the contact opens first."""
        opened = [Edge(now_us, False, 0)] if self.closed else []
        self.play(chain(opened, train.edges(now_us, self._chance)))

    def burst(self, length_us: int, longest_us: int, now_us: int) -> None:
        """Let the contact bounce for a while without a pulse; nothing is longer than `longest_us`.

        It comes back to where it is.
        """
        self.play(bounce(now_us, length_us, self.closed, self._chance, longest_us))

    def move(self, closed: bool, now_us: int) -> None:
        """Close or open the contact, cleanly; closing is a pulse."""
        if closed != self.closed:
            self.play(iter((Edge(now_us, closed, int(closed)),)))

    def play(self, edges: Iterator[Edge]) -> None:
        """Move as `edges` say."""
        self._edges = edges
        self._next = next(edges, None)

    @property
    def due_us(self) -> int | None:
        """When the contact moves next, None for never."""
        return self._next and self._next.at_us

    def advance(self, now_us: int) -> list[tuple[int, bool]]:
        """Return the edges up to `now_us`: when, and whether the contact is closed then."""
        moved: list[tuple[int, bool]] = []
        while self._next is not None and self._next.at_us <= now_us:
            self.closed = self._next.closed
            self.pulses += self._next.pulse
            moved.append((self._next.at_us, self.closed))
            self._next = next(self._edges, None)
        return moved


class Supply:
    """The bus voltage of one segment: what its meters draw, what else does, and the voltage.

    The current is that of the resting bus: the device's filter takes the spaces of answers out.
    """

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.extra_ma = 0.0
        self.voltage_mv = VOLTAGE_MV

    def reading(self) -> tuple[int, int]:
        """Return voltage in mV and current in uA as the device measures them."""
        if not self.bus.powered:
            return 0, 0
        current_ua = round(1000 * (self.bus.current_ma(resting=True) + self.extra_ma))
        return (SAG_MV if self.bus.short is not None else self.voltage_mv), current_ua


@dataclass
class Outputs:
    """What the device shows and switches; made anew when its power is gone."""

    relays: list[bool] = field(default_factory=lambda: [False] * RELAYS)
    leds: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LEDS, 0))
    lcd: bytes = bytes(LCD_BYTES)
    backlight: bool = False
    network: dict[str, object] | None = None


class Wiring:
    """All of it. Contacts, sensors, relays and segments count from 1 in messages, from 0 here."""

    def __init__(self, buses: list[Bus], seed: object = 0) -> None:
        self.contacts = [Contact(number, seed) for number in range(1, INPUTS + 1)]
        self.milliohms: list[int | None] = [pt1000_milliohms(celsius) for celsius in (21.5, 7.25)]
        self.supplies = [Supply(bus) for bus in buses]
        self.keys: dict[str, bool] = dict.fromkeys(KEYS, False)
        self.outputs = Outputs()

    def next_due(self) -> int | None:
        """Return when a contact moves next, None for never."""
        return min((c.due_us for c in self.contacts if c.due_us is not None), default=None)

    def advance(self, now_us: int) -> list[tuple[int, int, int]]:
        """Move the contacts on; return their edges in order: input from 1, closed 0 or 1, when."""
        moved = [
            (number, int(closed), at_us)
            for number, contact in enumerate(self.contacts, 1)
            for at_us, closed in contact.advance(now_us)
        ]
        return sorted(moved, key=lambda edge: edge[2])

    def power_lost(self) -> None:
        """The device is gone: its outputs fall, and nothing switches the segments off any more."""
        self.outputs = Outputs()


def pt1000_milliohms(celsius: float) -> int:
    """Return the resistance of a PT1000 at `celsius` (IEC 60751, Callendar-Van Dusen)."""
    a, b, c = 3.9083e-3, -5.775e-7, -4.183e-12
    below = c * (celsius - 100) * celsius**3 if celsius < 0 else 0
    return round(1e6 * (1 + a * celsius + b * celsius**2 + below))
