"""The twin's LCD: the role "display", shown by the plant."""

from binascii import hexlify

from firmware.hal import plant_io


def make(hal, settings):
    """Return the `Display`; None for a twin that nothing is wired to."""
    io = plant_io.of(hal)
    return PlantDisplay(io) if io else None


class PlantDisplay:
    """See `contract.Display`. Only what has changed since is sent."""

    def __init__(self, io):
        self._io = io

    async def show(self, buffer, anew=False):
        self._io.set("lcd", hexlify(buffer).decode())

    def backlight(self, on):
        self._io.set("backlight", bool(on))
