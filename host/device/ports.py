"""Opens the byte port a board stands behind: a serial device or a TCP address.

What comes back is a pair of asyncio streams either way. Every failure names the port and the next
step. A serial port is taken exclusively, so two hosts never talk to one board at once.
"""

import asyncio
import errno
import os
import termios
from asyncio.streams import FlowControlMixin, StreamReaderProtocol
from pathlib import Path

import serial

from shared.errors import BadSetting, Busy, LinkLost

BAUD = 115200  # a USB serial port ignores it, a UART console has this one
_CONNECT_S = 3.0
_TCP = "tcp://"
_NO_TERMINAL = os.strerror(errno.ENOTTY)  # pyserial hides the number in its text

# pyserial's own error is an OSError; some calls below it raise that of termios, which is none.
_PORT_ERRORS = (OSError, ValueError, termios.error)

Port = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def open_port(url: str) -> Port:
    """Open `url`: a path such as /dev/ttyACM0, or tcp://HOST:PORT.

    Raises Busy when another program has the serial port, LinkLost when it is not there or cannot
    be reached, BadSetting for an address that is none.
    """
    check_port(url)
    return await (_open_tcp(url) if url.startswith(_TCP) else _open_serial(url))


def check_port(url: str) -> None:
    """Raise BadSetting when `url` can be no port, whatever is plugged in."""
    if not url.startswith(_TCP):
        if "://" in url or not url:
            raise BadSetting(
                f"{url!r} is no port: give a path such as /dev/ttyACM0, or tcp://HOST:PORT"
            )
        return
    host, number = _host_and_number(url)
    if not host or not number.isdigit() or not 0 < int(number) < 65536:
        raise BadSetting(
            f"{url!r} is no port: give tcp://HOST:PORT, for example tcp://10.0.0.7:4000"
        )


def _host_and_number(url: str) -> tuple[str, str]:
    host, _, number = url.removeprefix(_TCP).rpartition(":")
    return host.strip("[]"), number


async def _open_tcp(url: str) -> Port:
    host, number = _host_and_number(url)
    try:
        # Not wait_for: it loses a cancellation that comes when the connection is just made.
        async with asyncio.timeout(_CONNECT_S):
            return await asyncio.open_connection(host, int(number))
    except TimeoutError:
        raise LinkLost(
            f"{url}: no answer within {_CONNECT_S:.0f} s; check the address and the network"
        ) from None
    except OSError as error:
        raise LinkLost(
            f"{url}: {_words(error)}; check that the board or its serial server runs there"
        ) from None


async def _open_serial(path: str) -> Port:
    try:
        # Blocking calls, but of microseconds; timeout=0 makes the descriptor non-blocking.
        port = serial.Serial(path, BAUD, timeout=0, write_timeout=0, exclusive=True)
    except _PORT_ERRORS as error:
        raise _serial_error(path, error) from None
    try:
        return await _streams(port.fileno())
    except _PORT_ERRORS as error:  # it went while it was being opened
        raise _serial_error(path, error) from None
    finally:
        port.close()  # the streams have their own descriptors; the lock goes with the last


async def _streams(descriptor: int) -> Port:
    """Return asyncio streams over two copies of the descriptor of a terminal."""
    settings = termios.tcgetattr(descriptor)
    settings[6][termios.VMIN] = 1  # else "nothing yet" reads like the end
    termios.tcsetattr(descriptor, termios.TCSANOW, settings)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(loop=loop)
    read_end = os.fdopen(os.dup(descriptor), "rb", buffering=0)
    receiving, _ = await loop.connect_read_pipe(lambda: StreamReaderProtocol(reader), read_end)
    write_end = os.fdopen(os.dup(descriptor), "wb", buffering=0)
    sending, protocol = await loop.connect_write_pipe(lambda: _Sending(receiving), write_end)
    return reader, asyncio.StreamWriter(sending, protocol, None, loop)


class _Sending(FlowControlMixin):
    """Closes the receiving half with the sending half: asyncio sees two pipes, we have one port."""

    def __init__(self, receiving: asyncio.ReadTransport) -> None:
        super().__init__()
        self._receiving = receiving

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._receiving.close()


def _serial_error(path: str, error: Exception) -> Exception:
    """Return our error for pyserial's, with the port and the next step."""
    number = getattr(error, "errno", None)
    if number in (errno.EAGAIN, errno.EBUSY):
        return Busy(
            f"{path}: in use by another program, perhaps a second mbuslink or mpremote; "
            "stop it, or give another port"
        )
    if not Path(path).exists():
        return LinkLost(f"{path}: no such port; plug in the board, or give its port")
    if number in (errno.ENOTTY, errno.EISDIR) or _NO_TERMINAL in str(error):
        return LinkLost(f"{path}: no serial port; give the port of the board")
    if number == errno.EACCES:
        return LinkLost(
            f"{path}: permission denied; add this user to the group of the port (dialout)"
        )
    return LinkLost(f"{path}: {_words(error)}; unplug the board and plug it in again")


def _words(error: Exception) -> str:
    number = getattr(error, "errno", None)
    return os.strerror(number).lower() if number and number > 0 else str(error)
