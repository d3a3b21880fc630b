"""Keeps the watchdog fed while all is well, and calls a new firmware good that was for a while.

What an update needs beside that is in firmware/boot.py (the board's /main.py), which takes the old
firmware again when a new one is not called good within three starts.
"""

import asyncio
import os

from shared.compat import const, ticks_diff

FLAG = "/slot"
PROBATION_MS = const(30000)  # of life without a failure, until a new firmware is good
_FEED_MS = const(1000)  # real ones, whatever the twin's time scale
_TURNS = const(30)  # of feeding, that a restart may take to keep everything


class Updater:
    """quiet: `Buses.quiet`, so that flash is not written while a telegram comes.

    health: `Health`; restart: coroutine function that keeps everything and restarts the board.
    """

    def __init__(self, hal, quiet, health, restart):
        self._hal, self._quiet = hal, quiet
        self._health, self._restart = health, restart
        self._good = False
        self._sick = 0  # turns
        self._ordered = None  # the task of a restart

    async def run(self):
        """Feed the watchdog: what hangs, or is sick and cannot even restart, is reset by it."""
        started = self._hal.ticks_ms()
        while self._sick <= _TURNS:
            self._hal.watchdog()
            old = ticks_diff(self._hal.ticks_ms(), started) >= PROBATION_MS
            if not self._good and old and self._health.was_well(PROBATION_MS):
                await self._confirm()
            if self._sick or self._health.is_sick():
                self._sick += 1
            if self._sick == 1:
                self._ordered = asyncio.create_task(self._restart({}))
            await asyncio.sleep_ms(_FEED_MS)
        await asyncio.Event().wait()

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
