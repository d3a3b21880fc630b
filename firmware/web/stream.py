"""A connection that cannot fill the board's memory: what microdot reads of one request."""

from shared.compat import const

_PIECE = const(256)


class TooMuch(Exception):
    """The request is longer than it may be."""


class BoundedStream:
    """Reads at most `most` bytes of `stream` (asyncio's), its line and header limits included."""

    def __init__(self, stream, most):
        self._stream = stream
        self._left = most
        self._kept = b""

    async def readline(self):
        """Return a line with its end. TooMuch, EOFError when it does not end."""
        while True:
            end = self._kept.find(b"\n") + 1
            if end:
                line, self._kept = self._kept[:end], self._kept[end:]
                return line
            await self._more()

    async def readexactly(self, count):
        """Return `count` bytes. TooMuch, EOFError when there are less."""
        if count < 0:
            raise ValueError(count)
        while len(self._kept) < count:
            await self._more()
        data, self._kept = self._kept[:count], self._kept[count:]
        return data

    async def skip(self, most):
        """Read on and forget, until the other side ends or `most` bytes have come."""
        while most > 0:
            data = await self._stream.read(_PIECE)
            if not data:
                return
            most -= len(data)

    async def _more(self):
        if self._left <= 0:
            raise TooMuch()
        data = await self._stream.read(min(_PIECE, self._left))
        if not data:
            raise EOFError()
        self._left -= len(data)
        self._kept += data
