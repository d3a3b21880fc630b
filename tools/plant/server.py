"""The shell around the bus: sockets and ptys on one side, virtual time on the other.

One loop, one timer. Bytes that come in are put on the wire at the time they came; what the bus has
to say is handed out when its time has come, computed from the start of the plant, so nothing
drifts; while the bus rests the timer is off. With a time scale above 1 characters are handed out in
batches of up to a millisecond, half of it early.

Several masters may be connected: they share one bus, as they would through one level converter.
What any of them sends goes on the wire, and all of them receive every answer.
"""

import asyncio
import os
import termios
import tty
from collections.abc import Callable
from contextlib import suppress

from tools.plant.bus import Bus, Port
from tools.plant.clock import Clock, ticks
from tools.plant.wire import Format

BACKLOG = 2048  # bytes a master may be ahead of the wire before it is no longer read
DEAF = 1 << 20  # bytes a master may leave unread before it is cut off
MOST_MASTERS = 16  # connections at a time, the pty included
_EARLY_S = 0.0005
SPEEDS = {getattr(termios, f"B{baud}"): baud for baud in (300, 600, 1200, 2400, 4800, 9600, 19200)}


class Pump:
    """Moves the bus on with the clock, and tells the listeners when they have bytes to take."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self.bus = bus
        self.clock = clock
        self._early = ticks(_EARLY_S * clock.scale) if clock.scale > 1 else 0
        self._listeners: list[Callable[[], None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self.stopped = False
        bus.tolerance = max(bus.tolerance, 2 * self._early)

    def now(self) -> int:
        """Return the current tick."""
        return max(self.clock.now(), self.bus.now)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever the bus has moved on."""
        self._listeners.append(listener)

    def unlisten(self, listener: Callable[[], None]) -> None:
        """Call `listener` no more."""
        self._listeners.remove(listener)

    def run(self) -> None:
        """Move the bus on to now, hand out what there is, and sleep until more is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.bus.advance(self.clock.now() + self._early)
        for listener in list(self._listeners):
            listener()
        due = self.bus.next_due()
        if due is not None:
            wait = self.clock.real_seconds(due - self._early - self.clock.now())
            self._timer = asyncio.get_running_loop().call_later(max(0.0, wait), self.run)

    def stop(self) -> None:
        """Stop the timer, and let nobody new take a place."""
        self.stopped = True
        if self._timer is not None:
            self._timer.cancel()


class Line:
    """What the level converter is set to, for ports that cannot say so themselves."""

    def __init__(self, form: Format) -> None:
        self.format = form
        self.echo = False
        self.seats: list[Seat] = []

    def apply(self) -> None:
        """Give the settings to the seats that have them from here."""
        for seat in self.seats:
            seat.port.format = self.format
            seat.port.echo = self.echo


class Seat:
    """A master's place at the bus, whatever kind of connection it comes through."""

    def __init__(self, pump: Pump, line: Line) -> None:
        self.pump = pump
        self.line = line
        self.port: Port = pump.bus.add_port(line.format)
        self.port.echo = line.echo
        line.seats.append(self)
        self._throttled = False
        pump.listen(self._collect)

    def leave(self) -> None:
        """Give the place up. What was written is still sent, as from a converter's buffer."""
        self.pump.unlisten(self._collect)
        self.pump.bus.remove_port(self.port)
        self.line.seats.remove(self)

    def take(self, data: bytes) -> None:
        """Put what the master sent on the wire."""
        self.pump.bus.write(self.port, data, self.pump.now())
        self.pump.run()

    def cut(self) -> None:
        """Take the master's connection away."""
        self.leave()

    def give(self, data: bytes) -> None:
        """Hand received bytes to the master."""
        raise NotImplementedError

    def throttle(self, on: bool) -> None:
        """Stop reading from the master, or go on: it is far ahead of the wire."""
        raise NotImplementedError

    def _collect(self) -> None:
        port = self.port
        if port.inbox:
            data = bytes(port.inbox)
            port.inbox.clear()
            self.give(data)
        behind = (port.free_at - self.pump.bus.now) // port.format.character > BACKLOG
        if behind != self._throttled:
            self._throttled = behind
            self.throttle(behind)


class Master(asyncio.Protocol):
    """A TCP connection of a master: bytes as they are."""

    def __init__(self, pump: Pump, line: Line) -> None:
        self.pump = pump
        self.line = line
        self.seat: Seat | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place at the bus, if there is one left."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self.pump.stopped or len(self.pump.bus.ports) >= MOST_MASTERS:
            transport.abort()
            return
        self.seat = _TcpSeat(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the bus."""
        if self.seat is not None:
            self.seat.leave()
            self.seat = None

    def data_received(self, data: bytes) -> None:
        """Put what the master sent on the wire."""
        if self.seat is not None:
            self.seat.take(data)

    def outgoing(self, data: bytes) -> bytes:
        """Return received bytes as they go over the connection."""
        return data


class _TcpSeat(Seat):
    def __init__(self, master: Master) -> None:
        self._master = master
        super().__init__(master.pump, master.line)

    def cut(self) -> None:
        self._master.transport.abort()

    def give(self, data: bytes) -> None:
        transport = self._master.transport
        transport.write(self._master.outgoing(data))
        if transport.get_write_buffer_size() > DEAF:
            transport.abort()

    def throttle(self, on: bool) -> None:
        transport = self._master.transport
        if not transport.is_closing():
            (transport.pause_reading if on else transport.resume_reading)()


class Pty(Seat):
    """A pseudo-terminal as a master's port: `path` is what the master opens.

    Its speed follows what the master sets (a new pty's own 38 400 counts as not set); parity is
    8E1 always, for Linux clears a pty's parity.
    """

    def __init__(self, pump: Pump, line: Line) -> None:
        super().__init__(pump, line)
        self._master, self._slave = os.openpty()  # our own slave: no hang-up between masters
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self.throttle(False)

    def leave(self) -> None:
        """Take the pty away."""
        super().leave()
        self.throttle(True)
        os.close(self._master)
        os.close(self._slave)

    def give(self, data: bytes) -> None:
        """Hand received bytes over; when nobody reads they are lost, as on a serial line."""
        with suppress(BlockingIOError):
            os.write(self._master, data)

    def throttle(self, on: bool) -> None:
        """Stop reading from the pty, or go on."""
        loop = asyncio.get_running_loop()
        if on:
            loop.remove_reader(self._master)
        else:
            loop.add_reader(self._master, self._read)

    def _read(self) -> None:
        with suppress(BlockingIOError):
            data = os.read(self._master, 4096)
            self._follow_speed()
            self.take(data)

    def _follow_speed(self) -> None:
        baud = SPEEDS.get(termios.tcgetattr(self._master)[5])
        if baud:
            self.port.format = Format(baud)
