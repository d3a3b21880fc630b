"""The twin's buttons: the role "keys", pressed on the plant."""

from firmware.hal import plant_io
from shared.compat import const, ticks_diff

_STAND_MS = const(60)  # a level stands for so long at least, however late the plant's word comes


def make(hal, settings):
    """Return the `Keys`; None for a twin that nothing is wired to."""
    io = plant_io.of(hal)
    return PlantKeys(hal, io) if io else None


class PlantKeys:
    """See `contract.Keys`. A press and its release that arrive at once are both to be seen."""

    def __init__(self, hal, io):
        self._hal = hal
        self._levels = {"enter": False, "function": False}
        self._changes = []  # (name, pressed) still to come
        self._changed_at = None
        io.listen("key", self._told)

    def enter(self):
        return self._level("enter")

    def function(self):
        return self._level("function")

    def _told(self, key):
        self._changes.append(key)

    def _level(self, name):
        now = self._hal.ticks_ms()
        if self._changed_at is not None and ticks_diff(now, self._changed_at) >= _STAND_MS:
            self._changed_at = None
        while self._changes and self._changed_at is None:
            changed, pressed = self._changes.pop(0)
            if self._levels.get(changed) != pressed:
                self._levels[changed] = pressed
                self._changed_at = now
        return self._levels[name]
