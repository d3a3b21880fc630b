"""The twin's buttons: the role "keys", pressed on the plant."""

from firmware.hal import plant_io


def make(hal, settings):
    """Return the `Keys`; None for a twin that nothing is wired to."""
    io = plant_io.of(hal)
    return PlantKeys(io) if io else None


class PlantKeys:
    """See `contract.Keys`."""

    def __init__(self, io):
        self._pressed = {}
        io.listen("key", self._changed)

    def enter(self):
        return self._pressed.get("enter", False)

    def function(self):
        return self._pressed.get("function", False)

    def _changed(self, key):
        self._pressed[key[0]] = key[1]
