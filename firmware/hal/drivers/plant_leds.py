"""The twin's LEDs: the role "leds"."""

from firmware.hal import plant_io


def make(hal, settings):
    """Return the `Leds`; None for a twin that nothing is wired to."""
    io = plant_io.of(hal)
    return PlantLeds(io) if io else None


class PlantLeds:
    """See `contract.Leds`."""

    def __init__(self, io):
        self._io = io

    def set(self, name, brightness):
        self._io.set("led", [name, brightness])
