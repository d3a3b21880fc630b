"""An ordered restart: what a power cut without a warning would cost is brought into flash first.

Whoever orders it, the host, the board's own page or the keys, asks for `board.restart`.
"""

import asyncio
import sys

from shared.compat import const

_SILENCE_MS = const(20000)  # real milliseconds; no telegram takes longer
_ANSWER_MS = const(500)  # real milliseconds in which the answer goes out


class Restart:
    """hal, buses, journal, logger: see their modules."""

    def __init__(self, hal, buses, journal, logger):
        self._hal = hal
        self._buses = buses
        self._journal = journal
        self._logger = logger
        self._kept = asyncio.Event()
        self._task = None  # from the first order on

    def handlers(self):
        """Return the link's methods that are answered here."""
        return {"board.restart": self._restart}

    async def _restart(self, params):
        """Return when everything is kept; the board restarts half a second later."""
        if self._task is None:
            self._task = asyncio.create_task(self._go())
        await self._kept.wait()
        return {}

    async def _go(self):
        """Keep everything and reset, even when flash is full: a restart may be the cure."""
        try:
            await self._logger.save()
            # Not left again: no meter is asked any more, so nothing comes that must be kept.
            await asyncio.wait_for_ms(self._buses.quiet().__aenter__(), _SILENCE_MS)
        except Exception as error:
            sys.print_exception(error)
        await self._keep()
        self._kept.set()
        await asyncio.sleep_ms(_ANSWER_MS)
        await self._keep()  # the board's own inputs go on meanwhile
        self._hal.reset()

    async def _keep(self):
        try:
            self._hal.power_failing()
            await self._journal.save()
        except Exception as error:
            sys.print_exception(error)
