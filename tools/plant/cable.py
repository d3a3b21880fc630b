"""A serial cable between a foreign master and the device's second serial port.

The master's end is a pty, the device's a TCP port. Bytes arrive at the other end as from a UART:
one by one, 11 bits each at the speed that the master has set. What arrives where nobody listens is
lost.
"""

import asyncio
import os
import termios
import tty
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from tools.plant.server import SPEEDS

_BITS = 11
_DEFAULT_BAUD = 2400


class Cable:
    """path: what the master opens. `scale`: how many times faster than the world's time runs."""

    def __init__(self, scale: float = 1.0) -> None:
        self._scale = scale
        self._master, self._slave = os.openpty()  # our own slave: no hang-up between masters
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self.device: asyncio.Transport | None = None
        self.to_device = Lane(self._give_device, self._character_s)
        self.to_master = Lane(self._give_master, self._character_s)
        asyncio.get_running_loop().add_reader(self._master, self._read)

    def close(self) -> None:
        """Take the cable away."""
        asyncio.get_running_loop().remove_reader(self._master)
        if self.device is not None:
            self.device.abort()
        for lane in (self.to_device, self.to_master):
            lane.stop()
        os.close(self._master)
        os.close(self._slave)

    def _character_s(self) -> float:
        baud = SPEEDS.get(termios.tcgetattr(self._master)[5], _DEFAULT_BAUD)
        return _BITS / baud / self._scale

    def _read(self) -> None:
        with suppress(BlockingIOError):
            self.to_device.put(os.read(self._master, 4096))

    def _give_device(self, data: bytes) -> None:
        if self.device is not None:
            self.device.write(data)

    def _give_master(self, data: bytes) -> None:
        with suppress(BlockingIOError):
            os.write(self._master, data)


class Lane:
    """One direction: hands each byte to `give` when it has arrived, never before."""

    def __init__(self, give: Callable[[bytes], None], character_s: Callable[[], float]) -> None:
        self._give = give
        self._character_s = character_s
        self._under_way: deque[tuple[float, int]] = deque()  # (when it arrives, byte)
        self._last_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def put(self, data: bytes) -> None:
        """Send `data` behind what is under way."""
        for byte in data:
            start = max(self._last_s, asyncio.get_running_loop().time())
            self._last_s = start + self._character_s()
            self._under_way.append((self._last_s, byte))
        self._plan()

    def stop(self) -> None:
        """Lose what is under way."""
        self._under_way.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _plan(self) -> None:
        if self._under_way and self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(self._under_way[0][0], self._arrive)

    def _arrive(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        while self._under_way and self._under_way[0][0] <= now:
            self._give(bytes((self._under_way.popleft()[1],)))
        self._plan()


class CableEnd(asyncio.Protocol):
    """The device's end; a new connection takes the old one's place."""

    def __init__(self, cable: Cable) -> None:
        self._cable = cable

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Plug the device in."""
        assert isinstance(transport, asyncio.Transport)
        if self._cable.device is not None:
            self._cable.device.abort()
        self._cable.device = self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Pull the device's plug."""
        if self._cable.device is self._transport:
            self._cable.device = None

    def data_received(self, data: bytes) -> None:
        """Send what the device says to the master."""
        self._cable.to_master.put(data)
