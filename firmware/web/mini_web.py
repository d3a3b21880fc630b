"""The board's own web page, for when there is no host: its door.

Four connections at a time, each with little memory and little time: who is slow, large or strange
is hung up on. What answers them, `app` with microdot, is large: it is in memory only while
somebody looks.
"""

import asyncio

from firmware.borrowed import Borrowed
from firmware.web.access import Access
from shared.compat import const

PORT = const(80)
CONNECTIONS = const(4)
_TURN_MS = const(1000)
_KEPT_MS = const(60000)  # real milliseconds after the last request that the answerer stays


class MiniWeb:
    """hal: see `firmware/hal/contract.py`. settings: `Settings`. link: `LinkServer`.

    journal: `Journal`, for what was read before the restart; latest: `LatestReadings`;
    access: who may change things
    """

    def __init__(self, hal, settings, link, latest, journal):
        self.hal = hal
        self.settings = settings
        self.link = link
        self.latest = latest
        self._journal = journal
        self.access = Access(hal.ticks_ms)
        self._open = 0
        self._app = None
        self._left_ms = 0
        self._modules = Borrowed()
        self._decoder = Borrowed()
        self._decoder_left_ms = 0

    def pin(self):
        """Return the PIN that lets one change things on the page, six digits, for the LCD."""
        return self.access.show()

    def address(self):
        """Return where the page is ("http://..."), None when it is nowhere."""
        network = self.hal.network
        endpoint = network.endpoint(PORT) if network else None
        if not endpoint:
            return None
        host, port = endpoint
        if host == "0.0.0.0":  # noqa: S104
            host = network.addresses()["address"]
        return "http://" + host + ("" if port == PORT else ":" + str(port)) if host else None

    def handlers(self):
        """Return the link's methods that are answered here."""
        return {"web.state": self._web_state}

    async def _web_state(self, params):
        return {"address": self.address(), "pin": self.pin()}

    def decoder(self):
        """Return `values`, which brings the decoder: as large as the rest together."""
        self._decoder_left_ms = _KEPT_MS
        return self._decoder.load(_values)

    async def run(self):
        """Serve. Does not return."""
        endpoint = self.hal.network.endpoint(PORT) if self.hal.network else None
        server = None
        recalling = asyncio.create_task(self._recall())
        try:
            if endpoint:
                server = await asyncio.start_server(self._serve, endpoint[0], endpoint[1], 2)
            while True:
                await asyncio.sleep_ms(_TURN_MS)
                self._tidy()
        finally:
            recalling.cancel()
            if server:
                server.close()

    async def _recall(self):
        borrowed = Borrowed()
        try:
            await borrowed.load(_recall).recall(self._journal, self.latest)
        except (MemoryError, OSError):
            pass  # the meters will be read again
        finally:
            borrowed.give_back()

    def give_back(self):
        """Memory is short: forget what answers, unless it is answering."""
        self._left_ms = self._decoder_left_ms = 0
        self._tidy()

    def _tidy(self):
        self.access.tidy()
        self._left_ms -= _TURN_MS
        self._decoder_left_ms -= _TURN_MS
        if not self._open and self._decoder_left_ms <= 0:
            self._decoder.give_back()
        if self._app and not self._open and self._left_ms <= 0:
            self._app = None
            self._modules.give_back()

    async def _serve(self, reader, writer):
        """Answer one request and hang up."""
        self._open += 1
        try:
            if self._open > CONNECTIONS:
                await _send_busy(writer)
            else:
                self._left_ms = _KEPT_MS
                if not self._app:
                    self._app = self._modules.load(_app).App(self)
                await self._app.answer(reader, writer)
        except MemoryError:
            await _send_busy(writer)
        except (OSError, EOFError, asyncio.TimeoutError):
            pass  # too slow, or gone
        finally:
            self._open -= 1
            await writer.wait_closed()  # this is what closes on MicroPython


async def _send_busy(writer):
    writer.write(
        b"HTTP/1.0 503 Busy\r\nRetry-After: 1\r\nContent-Type: text/plain\r\n"
        b"Content-Length: 36\r\n\r\nThe device is busy now. Try again.\r\n"
    )
    try:
        await asyncio.wait_for_ms(writer.drain(), _TURN_MS)
    except (OSError, asyncio.TimeoutError):
        pass


def _app():
    from firmware.web import app

    return app


def _recall():
    from firmware.web import recall

    return recall


def _values():
    from firmware.web import values

    return values
