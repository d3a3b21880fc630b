"""The M-Bus behind a network converter (or the plant): `BusUart` of contract.py over TCP.

`tcp://HOST:PORT` carries the bytes alone, the other side has fixed the baud rate; over
`rfc2217://HOST:PORT` baud rate and parity are set there. The line is opened when it is needed and
again after it was lost. It knows no frames and repeats nothing.
"""

import asyncio
import errno
import socket

from firmware.hal import rfc2217
from firmware.hal.telnet import escape
from shared.compat import const, ticks_add, ticks_diff
from shared.errors import BadSetting, LinkLost
from shared.mbus.timing import silence_left_us

BAUDS = (300, 600, 1200, 2400, 4800, 9600)
BITS = const(11)  # a character: start, 8 data, parity, stop
PATIENCE_MS = const(2000)  # real milliseconds for connecting, sending, and acknowledgements
LATENCY_MS = const(50)  # real milliseconds that network and scheduler may add
SLEPT_OVER = const(32)  # bytes: a meter that breaks off is noticed this much later at most
KEPT = const(1024)  # bytes kept for `read`: more than the longest readout between two looks

_IPPROTO_TCP = const(6)  # names that MicroPython's socket does not have
_TCP_NODELAY = const(1)


def parse_url(url):
    """Return (scheme, host, port) of `url`; BadSetting when it is no address of a bus."""
    scheme, _, rest = (url or "").partition("://")
    host, _, port = rest.rpartition(":")
    if scheme not in ("tcp", "rfc2217") or not host or not port.isdigit():
        raise BadSetting("bus " + repr(url) + ": expected tcp://HOST:PORT or rfc2217://HOST:PORT")
    return scheme, host, int(port)


class NetworkBus:
    """See `contract.BusUart`. `scale`: the firmware's milliseconds in a real one, 1..1000."""

    def __init__(self, hal, url, baud, parity, scale):
        self._scheme, self._host, self._port = parse_url(url)
        self._hal, self._url = hal, url
        self._parity = parity
        self._scale = scale
        self._connection = None
        self._last_us = hal.ticks_us()  # when the last byte was on the line, as far as we know
        self.latency_ms = LATENCY_MS * scale
        self.baud = _checked(baud)

    async def write(self, data):
        try:
            connection = await self._opened()
            started_us = self._hal.ticks_us()
            await connection.send(data)
        except OSError as error:
            raise self._lost(error)
        # The converter sends at the bus's pace; nobody tells us when it is done.
        wire_us = -(-len(data) * BITS * 1000000 // self.baud)
        await self._hal.sleep_ms(-(-wire_us // 1000))
        self._last_us = ticks_add(started_us, wire_us)

    async def feed(self, data):
        try:
            connection = await self._opened()
            await connection.send(data)
        except OSError as error:
            raise self._lost(error)
        self._last_us = self._hal.ticks_us()
        return len(data)

    async def read(self, count, timeout_ms):
        started = self._hal.ticks_ms()
        connection = self._connection
        if connection is None:
            raise self._lost("it is not open")
        try:
            connection.take()
            while not connection.received:
                left_ms = timeout_ms - ticks_diff(self._hal.ticks_ms(), started)
                if left_ms <= 0 or not await connection.arrives(-(-left_ms // self._scale)):
                    return b""
            # Asking for each byte as it comes would keep us busy: sleep until all but one of those
            # that are wanted should be there. The last is waited for, so no time is lost.
            lacking = min(count, SLEPT_OVER) - len(connection.received) - 1
            if lacking > 0:
                await self._hal.sleep_ms(lacking * BITS * 1000 // self.baud)
                connection.take()
        except OSError as error:
            raise self._lost(error)
        return self._received(connection, count)

    async def idle(self, us):
        connection = self._connection
        if connection is None:
            raise self._lost("it is not open")
        try:
            while not connection.take():
                left_us = silence_left_us(us, self._hal.ticks_us(), self._last_us)
                if not left_us:
                    return b""
                # The last part of a millisecond is spent taking turns with the other tasks.
                await asyncio.sleep_ms(left_us // 1000 // self._scale)
        except OSError as error:
            raise self._lost(error)
        return self._received(connection, 64)

    def _received(self, connection, count):
        """Return up to `count` of the bytes that have just come."""
        self._last_us = self._hal.ticks_us()
        data = connection.received[:count]
        connection.received = connection.received[count:]
        return data

    async def set_baud(self, baud):
        self.baud = _checked(baud)
        try:
            await self._opened()
        except OSError as error:
            raise self._lost(error)

    def flush_input(self):
        count = 0
        connection = self._connection
        try:
            for _ in range(64):  # bounded: a line may be noisier than we are fast
                if connection is None or not connection.take():
                    break
                count += len(connection.received)
                connection.received = b""
        except OSError:
            self.close()  # the next `write` opens it again
        return count

    def close(self):
        if self._connection:
            self._connection.close()
        self._connection = None

    async def _opened(self):
        """Return the connection, alive as far as we know, with the line at `baud`."""
        if self._connection:
            try:
                self._connection.take()  # notices that the other side has closed meanwhile
            except OSError:
                self.close()
        connection = self._connection
        if connection is None:
            self._connection = connection = Connection(self._host, self._port)
        if self._scheme == "rfc2217" and connection.baud != self.baud:
            refusal = await connection.settle(self.baud, self._parity)
            if refusal:
                self.close()
                raise BadSetting("bus " + self._url + ": " + refusal)
        return connection

    def _lost(self, reason):
        """Close the line; return the LinkLost that says why."""
        self.close()
        if isinstance(reason, OSError) and reason.errno in errno.errorcode:
            reason = errno.errorcode[reason.errno] + "; is the converter on, its address right?"
        return LinkLost("bus " + self._url + ": " + str(reason))


class Connection:
    """One TCP connection and, after `settle`, Telnet inside it. Everything raises OSError.

    received  bytes from the bus that nobody has read yet
    baud      what the converter's line was set to, 0 before
    """

    def __init__(self, host, port):
        family, kind, _, _, address = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
        self._socket = socket.socket(family, kind)
        self._socket.setblocking(False)
        self._socket.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)  # a frame is a packet
        try:
            self._socket.connect(address)
        except OSError as error:
            if error.errno != errno.EINPROGRESS:
                raise
        self._reader = asyncio.StreamReader(self._socket)
        self._writer = asyncio.StreamWriter(self._socket)
        self._telnet = None
        self._came = False
        self.received = b""
        self.baud = 0

    def close(self):
        self._socket.close()

    async def send(self, data):
        """Send bytes of the bus, Telnet's replies first."""
        if self._telnet:
            data = self._telnet.take_replies() + escape(bytes(data))
        await self._send(data)

    async def _send(self, data):
        try:
            await asyncio.wait_for_ms(self._drain(data), PATIENCE_MS)
        except asyncio.TimeoutError:
            raise OSError(errno.ETIMEDOUT)

    async def _drain(self, data):
        self._writer.write(data)
        await self._writer.drain()

    def take(self):
        """Move what has arrived into `received`, without waiting; return whether it holds any.

        The other side may have closed behind its last bytes: these come first.
        """
        try:
            while len(self.received) < KEPT:
                data = self._socket.read(256)
                if data is None:
                    break
                self._accept(data)
        except OSError:
            if not self.received:
                raise
        return bool(self.received)

    async def arrives(self, real_ms):
        """Wait `real_ms` at most; return whether something arrived."""
        self._came = False
        try:
            await asyncio.wait_for_ms(self._take_some(), real_ms)
        except asyncio.TimeoutError:
            pass
        return self._came

    async def _take_some(self):
        # Read and kept in one step: what comes together with the time-out would else be lost.
        self._accept(await self._reader.read(256))
        self._came = True

    def _accept(self, data):
        if not data:
            raise OSError(errno.ECONNRESET)
        self.received += self._telnet.feed(data) if self._telnet else data

    async def settle(self, baud, parity):
        """Set the converter's line; return why it refused, None when it has done so."""
        request = b""
        telnet = self._telnet
        if telnet is None:
            telnet = self._telnet = rfc2217.Client()
            request = telnet.greeting()
        await self._send(request + telnet.settings(baud, parity))
        while not telnet.settled():
            if not await self.arrives(PATIENCE_MS):
                raise OSError("no answer to the settings of its line (RFC 2217)")
            if telnet.replies:
                await self._send(telnet.take_replies())
        self.baud = baud
        return telnet.refusal


def _checked(baud):
    if baud not in BAUDS:
        raise BadSetting("baud rate " + str(baud) + ": expected one of " + str(BAUDS))
    return baud
