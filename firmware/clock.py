"""The board's clock: seconds since 1970 UTC once somebody has set it, until then since the start.

Whoever keeps moments asks `now_s` and watches for steps: when the clock is set, every kept moment
is moved by the same step, so that it stays where it was in real time.
"""

from shared.schedule import Uptime


class Clock:
    """hal: see `firmware/hal/contract.py`."""

    def __init__(self, hal):
        self._hal = hal
        self._uptime = Uptime(hal.ticks_ms())
        self._watchers = []

    @property
    def known(self):
        """Whether `now_s` is UTC."""
        return self._hal.utc_s() is not None

    def now_s(self):
        """Return the present second, 1 or more. Ask at least once in six days."""
        utc_s = self._hal.utc_s()
        return 1 + self._uptime.now_s(self._hal.ticks_ms()) if utc_s is None else utc_s

    def watch(self, callback):
        """Have `callback(step_s)` called after each setting of the clock; 0 is a step too."""
        self._watchers.append(callback)

    def set_utc(self, utc_s):
        """Set the clock, 1 or more."""
        before = self.now_s()
        self._hal.set_utc(utc_s)
        for callback in self._watchers:
            callback(utc_s - before)

    def handlers(self):
        """Return the link's methods that are answered here."""
        return {"clock.set": self._set}

    async def _set(self, params):
        self.set_utc(params["utc_s"])
        return {"utc_s": self._hal.utc_s()}
