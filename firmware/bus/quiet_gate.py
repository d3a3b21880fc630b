"""Keeps telegrams and writes to flash apart.

A write to flash stops a board's interrupts, and with them the UART. So telegrams pass this gate one
by one, on every output, and whoever writes to flash closes it for a moment:

    async with gate:
        ...     no request is sent and no answer expected on any output

A write waits for the telegrams under way, at most one on each output; telegrams wait for the write.
Two writes never follow each other while a telegram waits.
"""

import asyncio


class QuietGate:
    """telegrams: how many are on the line, from a request to the end of its answer."""

    def __init__(self):
        self.telegrams = 0
        self._open = asyncio.Event()
        self._open.set()
        self._silent = asyncio.Event()
        self._silent.set()
        self._lock = asyncio.Lock()  # of those who want silence

    async def begin(self):
        """Return when a telegram may begin; `end` must follow."""
        while not self._open.is_set():
            await self._open.wait()
        self.telegrams += 1
        self._silent.clear()

    def end(self):
        """Say that the telegram has ended: it was answered, or no answer will come."""
        self.telegrams -= 1
        if not self.telegrams:
            self._silent.set()

    async def __aenter__(self):
        await self._lock.acquire()
        self._open.clear()
        try:
            await self._silent.wait()
        except:  # cancelled
            self._reopen()
            raise
        return self

    async def __aexit__(self, kind, error, traceback):
        self._reopen()

    def _reopen(self):
        self._open.set()  # telegrams first: they were kept waiting
        self._lock.release()
