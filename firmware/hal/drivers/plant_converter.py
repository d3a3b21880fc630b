"""The twin's second serial port, at the plant's serial cable: the role "converter".

settings  url: the environment variable with its address, tcp://HOST:PORT; nothing for none

The plug may come and go: it connects when somebody wants to read, and again after a loss.
"""

import asyncio
import os

_AGAIN_S = 1  # real time between two attempts to connect


def make(hal, settings):
    """Return the port; None for a twin that no cable leads to."""
    url = os.getenv(settings["url"])
    return PlantConverter(url) if url else None


class PlantConverter:
    """See `contract.LinkStream`; `set_baud` and `flush_input` of `contract.BusUart` beside it."""

    def __init__(self, url):
        self._host, _, port = url.partition("://")[2].rpartition(":")
        self._port = int(port)
        self._reader = self._writer = None

    async def read(self, count):
        while True:
            try:
                if self._reader is None:
                    streams = await asyncio.open_connection(self._host, self._port)
                    self._reader, self._writer = streams
                data = await self._reader.read(count)
                if data:
                    return data
            except OSError:
                pass  # the plant is gone
            self._reader = self._writer = None
            await asyncio.sleep(_AGAIN_S)

    async def write(self, data):
        if self._writer:
            try:
                self._writer.write(data)
                await self._writer.drain()
            except OSError:
                pass  # `read` connects again

    async def set_baud(self, baud):
        pass  # the cable's speed is the master's

    def flush_input(self):
        return 0
