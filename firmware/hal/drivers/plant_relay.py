"""A relay of the twin: the role "relay". settings: relay, 1..2."""

from firmware.hal import plant_io


def make(hal, settings):
    """Return the `Relay`; None for a twin that nothing is wired to."""
    io = plant_io.of(hal)
    return PlantRelay(io, settings["relay"]) if io else None


class PlantRelay:
    """See `contract.Relay`. The plant lets it fall when the twin is gone."""

    def __init__(self, io, number):
        self._io = io
        self._number = number

    def set(self, energised):
        self._io.set("relay", [self._number, bool(energised)])
