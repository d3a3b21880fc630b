"""A segment of the installation: a bus of its own with its meters and its level converter."""

from tools.plant.bus import Bus
from tools.plant.clock import Clock, ticks
from tools.plant.meter import Meter
from tools.plant.server import Line, Pump
from tools.plant.wire import Format

# Silence that ends a master's unfinished frame: 33 bit times at 2400 baud, and 50 ms of real time
# for what the master's own operating system and network may put between two bytes.
_GAP_S = 33 / 2400
_GAP_REAL_S = 0.05


class Segment:
    """number: from 1. bus, pump: the wires, and what moves them with the clock.

    line: the settings of the plain ports; own_line: what RFC 2217 masters begin with.
    """

    pump: Pump

    def __init__(
        self, number: int, meters: list[Meter], baud: int, scale: float, start_s: float, seed: int
    ) -> None:
        self.number = number
        gap = ticks(_GAP_S + _GAP_REAL_S * scale)
        self.bus = Bus(meters, start_s, seed if number == 1 else f"{seed}/{number}", gap)
        self.line = Line(Format(baud))
        self.own_line = Line(Format(baud))

    def start(self, clock: Clock) -> None:
        """Let the time of the bus run with `clock`."""
        self.pump = Pump(self.bus, clock)
