"""The twin's buttons: the role "keys", pressed on the plant."""

from firmware.hal import plant_io
from shared.compat import const

_LOOKS = const(4)  # for which a level stands: then it is no bounce for whoever looks


def make(hal, settings):
    """Return the `Keys`; None for a twin that nothing is wired to."""
    io = plant_io.of(hal)
    return PlantKeys(io) if io else None


class PlantKeys:
    """See `contract.Keys`. A press is to be seen, though its release may have come with it."""

    def __init__(self, io):
        self._keys = {"enter": Key(), "function": Key()}
        io.listen("key", self._told)

    def enter(self):
        return self._keys["enter"].look()

    def function(self):
        return self._keys["function"].look()

    def _told(self, key):
        self._keys[key[0]].told(key[1])


class Key:
    """One button."""

    def __init__(self):
        self._pressed = False
        self._changes = []  # still to be seen
        self._looks = 0  # at the present level

    def told(self, pressed):
        self._changes.append(pressed)

    def look(self):
        """Return whether it is pressed; it may change with every fourth look."""
        self._looks += 1
        while self._changes and self._looks > _LOOKS:
            pressed = self._changes.pop(0)
            if pressed != self._pressed:
                self._pressed = pressed
                self._looks = 0
        return self._pressed
