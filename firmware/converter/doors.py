"""Where a foreign master comes in: a TCP port as it is, one with RFC 2217, a serial port.

A door gives its master's bytes to the converter and takes the bus's bytes for it. It has

    name     who is there, for people
    baud     what the bus is to run at for this master
    write    bytes from the bus
    purges   whether the master wants what it has not heard yet to be forgotten
    close    hang up
    rest_ms  so long silent, it gives way to another master: it may be gone without a word
"""

import asyncio

from firmware.converter.serial_server import Server
from firmware.web.peer import ipv4_of
from shared.compat import const
from shared.version import VERSION

_PATIENCE_MS = const(2000)  # real milliseconds a master may take to take its bytes
# A serial master has nobody to hang up for it. On TCP one that is unplugged cannot say so either.
_SERIAL_REST_MS = const(5000)
_TCP_REST_MS = const(60000)
_DEAF = const(1024)  # bytes kept for a master that has said it wants none for the moment
_IPPROTO_TCP = const(6)  # names that MicroPython's socket does not have
_TCP_NODELAY = const(1)


async def serve_tcp(converter, endpoint, telnet):
    """Open the TCP port `endpoint` (host, port), with RFC 2217 if `telnet`; return its server."""

    async def come_in(reader, writer):
        door = TcpDoor(reader, writer, converter.baud, telnet)
        try:
            if converter.admit(door):
                await door.listen(converter)
        except (OSError, EOFError):
            pass  # it hung up
        finally:
            converter.leave(door)
            await writer.wait_closed()  # this is what closes on MicroPython

    return await asyncio.start_server(come_in, endpoint[0], endpoint[1], 1)


class SerialDoor:
    """The board's second serial port. Nobody hangs up there: its master is who spoke last."""

    name = "serial port"
    rest_ms = _SERIAL_REST_MS

    def __init__(self, port, baud):
        self.baud = baud
        self._port = port

    async def read(self, count):
        await self._port.set_baud(self.baud)
        return await self._port.read(count)

    async def write(self, data):
        await self._port.write(data)

    def purges(self):
        return False

    def close(self):
        pass


class TcpDoor:
    """One TCP connection, with Telnet inside it or not."""

    rest_ms = _TCP_REST_MS

    def __init__(self, reader, writer, baud, telnet):
        self.name = ipv4_of(writer.get_extra_info("peername"))
        self._reader = reader
        self._writer = writer
        self._baud = baud
        self._telnet = Server(baud, "mbuslink " + VERSION) if telnet else None
        self._kept = b""
        self._task = asyncio.current_task()

    @property
    def baud(self):
        return self._telnet.baud if self._telnet else self._baud

    async def listen(self, converter):
        """Hand on what the master says until it hangs up."""
        try:
            self._writer.s.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)  # each byte as it comes
        except (AttributeError, OSError):
            pass  # not every port can
        telnet = self._telnet
        if telnet:
            await self._send(telnet.greeting())
        while True:
            data = await self._reader.read(256)
            if not data:
                return
            if telnet:
                data = telnet.feed(data)
                if telnet.replies:
                    await self._send(telnet.take_replies())
                if self._kept and not telnet.suspended:
                    await self.write(b"")
            if data:
                await converter.take(data)

    async def write(self, data):
        telnet = self._telnet
        if telnet:
            data = self._kept + data.replace(b"\xff", b"\xff\xff")
            self._kept = b""
            if telnet.suspended:
                self._kept = data[:_DEAF]
                return
        try:
            await self._send(data)
        except OSError:
            self.close()

    async def _send(self, data):
        self._writer.write(data)
        try:
            await asyncio.wait_for_ms(self._writer.drain(), _PATIENCE_MS)
        except asyncio.TimeoutError:
            raise OSError("the master takes no bytes")

    def purges(self):
        if self._telnet and self._telnet.purge:
            self._telnet.purge = False
            self._kept = b""
            return True
        return False

    def close(self):
        if self._task:
            self._task.cancel()  # it reads from the socket, so it is the one to close it
