"""What the board has beside the meters: S0 inputs, temperatures, bus supply, relays, alarms.

It has the readings of the inputs that are switched on kept in the journal when the logger says so,
and tells the host how all of it is: when asked, and by itself when something has changed.
"""

import asyncio

from shared.compat import const
from shared.link.messages import MOST_ALARMS

_LOOK_MS = const(1000)
_TICKS_MASK = const(0x3FFFFFFF)
_QUIET_LOOKS = const(5)  # seconds between two notifications, at least


class Inputs:
    """The parts as they are made in firmware/main.py; tell: `LinkServer.tell`."""

    def __init__(self, hal, journal, pulses, temperatures, guard, alarms, relays, tell):
        self._hal = hal
        self._journal = journal
        self._pulses = pulses
        self._temperatures = temperatures
        self._guard = guard
        self._alarms = alarms
        self._relays = relays
        self._tell = tell

        self._wanted = asyncio.Event()

    def log(self):
        """Have a reading of each input that is switched on kept in the journal, in a moment.

        Not at once: the counters are brought into flash before, and flash waits for the bus.
        """
        self._wanted.set()

    def switched(self, names):
        """Have an input that was switched on appear at once; `names` of settings that changed."""
        if any([name.endswith(".active") for name in names]):
            self.log()

    async def _log(self):
        """Do what `log` asks for, without end."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            readings = await self._pulses.entries() + await self._temperatures.entries()
            self._alarms.keep_inputs([reading["address"] for reading in readings])
            for reading in readings:
                entry = {
                    "number": None,
                    "boot": self._hal.boot,
                    "ticks_ms": self._hal.ticks_ms() & _TICKS_MASK,
                    "utc_s": self._hal.utc_s(),
                    "segment": 1,
                    "address": reading["address"],
                    "baud": 2400,
                    "kind": "input",
                    "telegrams": reading["telegrams"],
                    "error": None,
                }
                self._journal.add(entry)
                self._alarms.note(entry)

    def state(self):
        """Return how everything is, as inputs.state of `shared.link.messages`."""
        alarms = self._alarms.active()
        return {
            "s0": self._pulses.state(),
            "temperatures": self._temperatures.state(),
            "supplies": self._guard.state(),
            "relays": list(self._relays.energised),
            "alarms": [
                {"segment": segment, "address": address, "key": key}
                for segment, address, key in alarms[:MOST_ALARMS]
            ],
            "alarm_count": len(alarms),
        }

    async def run(self):
        """Log when it is asked for, and tell the host what has changed, without end."""
        tasks = [asyncio.create_task(self._log()), asyncio.create_task(self._tell_changes())]
        try:
            await asyncio.gather(*tasks)  # raises what ended one of them: both begin anew
        finally:
            for task in tasks:
                task.cancel()

    async def _tell_changes(self):
        told = None
        quiet = 0
        while True:
            await self._hal.sleep_ms(_LOOK_MS)
            quiet += 1
            if quiet >= _QUIET_LOOKS:
                state = self.state()
                if state != told:
                    self._tell("inputs.state", state)
                    told, quiet = state, 0

    def handlers(self):
        """Return the link's methods that are answered here."""
        return {"inputs.state": self._state}

    async def _state(self, params):
        return self.state()
