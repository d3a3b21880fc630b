"""An S0 input of the twin: the role "pulse", from the plant's edges. settings: input, 1..4."""

from firmware.hal import plant_io
from firmware.hal.debounce import Debounce

_WRAP = 0x3FFFFFFF


def make(hal, settings):
    """Return the `PulseCounter` of the input; None for a twin that nothing is wired to."""
    io = plant_io.of(hal)
    return PlantPulse(io, settings["input"]) if io else None


class PlantPulse:
    """See `contract.PulseCounter`. It goes by the plant's clock: its own lateness does no harm."""

    def __init__(self, io, number):
        self._number = number
        self._debounce = None  # until the plant tells how the contact stands
        io.listen("s0", self._moved)

    def count(self):
        return self._debounce.count if self._debounce else 0

    def closed(self):
        return bool(self._debounce and self._debounce.closed)

    def _moved(self, edges, t_us):
        for number, closed, at_us in edges:
            if number != self._number:
                continue
            if self._debounce is None:
                self._debounce = Debounce(bool(closed))
            else:
                self._debounce.edge(closed, at_us & _WRAP)
        if self._debounce:
            self._debounce.settle(t_us & _WRAP)
