"""A PT1000 of the twin: the role "thermometer". settings: sensor, 1..2."""

from firmware.hal import plant_io
from shared.errors import LineFault


def make(hal, settings):
    """Return the `Thermometer` of the sensor; None for a twin that nothing is wired to."""
    io = plant_io.of(hal)
    return PlantThermometer(io, settings["sensor"]) if io else None


class PlantThermometer:
    """See `contract.Thermometer`. Without the plant it is as if the converter chip were silent."""

    def __init__(self, io, number):
        self._io = io
        self._number = number
        self._told = ()
        io.listen("pt1000", self._changed)

    async def milliohms(self):
        if not self._io.connected or not self._told:
            raise LineFault("sensor %d: nothing is wired to the twin" % self._number)
        return self._told[1]

    def _changed(self, told):
        if told[0] == self._number:
            self._told = told
