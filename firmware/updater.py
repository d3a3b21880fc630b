"""Keeps the watchdog fed, and calls a new firmware good once it has lived for a while.

What an update needs beside that is in firmware/boot.py (the board's /main.py), which takes the old
firmware again when a new one is not called good within three starts.
"""

import asyncio
import os

from shared.compat import const, ticks_diff

FLAG = "/slot"
PROBATION_MS = const(30000)  # of life, until a new firmware is good
_FEED_MS = const(1000)  # real ones, whatever the twin's time scale


class Updater:
    """quiet: `Buses.quiet`, so that flash is not written while a telegram comes."""

    def __init__(self, hal, quiet):
        self._hal, self._quiet = hal, quiet
        self._good = False

    async def run(self):
        """Feed the watchdog without end: a loop that hangs resets the board."""
        started = self._hal.ticks_ms()
        while True:
            self._hal.watchdog()
            if not self._good and ticks_diff(self._hal.ticks_ms(), started) >= PROBATION_MS:
                await self._confirm()
            await asyncio.sleep_ms(_FEED_MS)

    async def _confirm(self):
        words = _load()
        if len(words) == 3:
            async with self._quiet():
                _keep(words[0])
        self._good = True


def _load():
    try:
        with open(FLAG) as file:
            return file.read().split()
    except OSError:
        return []


def _keep(slot):
    with open(FLAG + ".new", "w") as file:
        file.write(slot)
    os.rename(FLAG + ".new", FLAG)
