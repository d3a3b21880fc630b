"""What feeds a segment of the twin's M-Bus: the role "supply". settings: segment, 1..3."""

from firmware.hal import plant_io


def make(hal, settings):
    """Return the `Supply` of the segment; None for a twin that nothing is wired to."""
    io = plant_io.of(hal)
    return PlantSupply(io, settings["segment"]) if io else None


class PlantSupply:
    """See `contract.Supply`. Until the plant has told, it is a sound bus without meters."""

    def __init__(self, io, number):
        self._io = io
        self._number = number
        self._told = (number, 36000, 0)
        io.listen("supply", self._changed)

    async def measure(self):
        pass  # the plant tells by itself

    def voltage_mv(self):
        return self._told[1]

    def current_ua(self):
        return self._told[2]

    def switch(self, on):
        self._io.set("supply", [self._number, bool(on)])

    def _changed(self, told):
        if told[0] == self._number:
            self._told = told
