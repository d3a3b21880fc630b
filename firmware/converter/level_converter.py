"""The level converter: hands the M-Bus to a foreign master, byte by byte, while logging rests.

It is switched on and off by hand. While it is on the bus is held, three doors are open (a raw TCP
port, an RFC 2217 port, the board's second serial port) and one master at a time may pass. It ends
when it is switched off, when its master has hung up (a setting), or after a time without a byte, so
that logging is never forgotten for ever; a reset ends it too. It changes no byte and echoes
nothing; a telegram that comes in pieces leaves in one (`outbox`).
"""

import asyncio

from firmware.borrowed import Borrowed
from firmware.converter.outbox import Outbox
from shared.compat import const, ticks_add, ticks_diff
from shared.errors import Busy, LinkLost

TCP_PORT = const(10001)
RFC2217_PORT = const(2217)

_LOOK_MS = const(5)  # how long we listen to the bus before we look at what the master wants
_BUSY_LOOK_MS = const(2)  # the same while the master is sending
_TURN_MS = const(100)
_AGAIN_MS = const(1000)  # after the bus could not be reached
_LONGEST = const(256)  # bytes taken from a serial master in one go
_FEW = const(4)  # bytes taken from the bus in one go: its master wants each soon
_ROOM = const(512)  # bytes a master may be ahead of the bus before it is no longer read
_REST_MS = const(5000)  # so long silent, a master gives way to one from the same place


class LevelConverter:
    """hal: see `firmware/hal/contract.py`. buses: `Buses`. settings: `Settings`."""

    def __init__(self, hal, buses, settings):
        self._hal = hal
        self._buses = buses
        self._settings = settings
        self._wanted = False
        self._wake = asyncio.Event()
        self._modules = Borrowed()  # most boards never need the doors
        self._held = False
        self.on = False
        self._forget()

    def _forget(self):
        self._baud = self._settings.get("converter.baud")
        self._segment = self._settings.get("converter.segment")
        self._door = None
        self._outbox = Outbox(self._baud)
        self._served = False  # a master was there
        self._sent = self._received = 0
        self._active = self._hal.ticks_ms()
        self._trouble = None

    # --- what others ask for ------------------------------------------------------------------
    def handlers(self):
        """Return the link's methods that are answered here."""
        return {
            "converter.start": self._start,
            "converter.stop": self._stop,
            "converter.state": self._state,
        }

    def start(self, baud=None, segment=None):
        """Switch it on; at `baud` and for `segment` (1..3), or as the settings say.

        Nothing changes when it is on. Raises Busy when somebody else holds the bus, BadSetting for
        a segment that the board has not.
        """
        if self._wanted:
            return
        if self._buses.held_by and not self._held:
            raise Busy("the bus is in use: " + self._buses.held_by)
        self._forget()
        self._baud = baud or self._baud
        self._segment = segment or self._segment
        self._buses[self._segment]  # BadSetting for one that is not there
        self._wanted = True
        self._wake.set()

    def stop(self):
        """Switch it off; its master is hung up on."""
        self._wanted = False

    def state(self):
        """Return a dict.

        active: switched on; master: who is connected (text), None for nobody; sent, received: bytes
        to and from the bus; ends_s: seconds until it ends by itself, None: it does not; trouble:
        why the bus cannot be reached, else None
        """
        ends_s = None
        idle_s = self._settings.get("converter.idle_s")
        if self._wanted and idle_s:
            ends_s = max(0, idle_s - ticks_diff(self._hal.ticks_ms(), self._active) // 1000)
        return {
            "active": self._wanted or self._held,
            "baud": self._door.baud if self._door else self._baud,
            "segment": self._segment,
            "master": self._door.name if self._door else None,
            "sent": self._sent,
            "received": self._received,
            "ends_s": ends_s,
            "trouble": self._trouble,
        }

    async def _start(self, params):
        self.start(params["baud"], params["segment"])
        return self.state()

    async def _stop(self, params):
        self.stop()
        return self.state()

    async def _state(self, params):
        return self.state()

    # --- its task -----------------------------------------------------------------------------
    async def run(self):
        """Serve whenever it is switched on. Does not return."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if not self._wanted:
                continue
            self._held = True
            try:
                async with self._buses.hold("level converter") as held:
                    await self._serve(held, self._modules.load(_doors))
            finally:
                self._held = False
                self._modules.give_back()

    async def _serve(self, held, doors):
        """Open the `doors` and pass bytes until it is to end; then close them."""
        servers = []
        tasks = []
        try:
            tasks.append(asyncio.create_task(self._pump(held)))
            self._active = self._hal.ticks_ms()
            self.on = True
            if self._hal.network:
                for port, telnet in ((TCP_PORT, False), (RFC2217_PORT, True)):
                    endpoint = self._hal.network.endpoint(port)
                    if endpoint:
                        servers.append(await doors.serve_tcp(self, endpoint, telnet))
            if self._hal.converter:
                door = doors.SerialDoor(self._hal.converter, self._baud)
                tasks.append(asyncio.create_task(self._serve_serial(door)))
            while self._wanted and not self._is_over():
                await self._hal.sleep_ms(_TURN_MS)
        finally:
            self._wanted = self.on = False
            for server in servers:
                server.close()
            for task in tasks:
                while not task.done():  # `wait_for` of MicroPython may lose a cancellation
                    task.cancel()
                    await self._hal.sleep_ms(1)
            if self._door:
                self._door.close()
                self._door = None
            held.uart(self._segment).close()  # as the master left it, it is of no use to us

    def _is_over(self):
        idle_s = self._settings.get("converter.idle_s")
        silent_ms = ticks_diff(self._hal.ticks_ms(), self._active)
        if self._served and not self._door and self._settings.get("converter.end_on_close"):
            return True
        return bool(idle_s) and silent_ms >= idle_s * 1000

    # --- the master's side --------------------------------------------------------------------
    @property
    def baud(self):
        """What the bus runs at for a master that cannot say so itself."""
        return self._baud

    def admit(self, door):
        """Take `door` as the one of the master; return whether it may pass."""
        here = self._door
        if here and here is not door:
            silent_ms = ticks_diff(self._hal.ticks_ms(), self._active)
            if silent_ms < (_REST_MS if here.name == door.name else here.rest_ms):
                return False
            here.close()
        if here is not door:
            self._outbox.clear()
            self._active = self._hal.ticks_ms()
        self._door = door
        self._served = True
        return self.on

    def leave(self, door):
        """The master at `door` has hung up."""
        if self._door is door:
            self._door = None
            self._outbox.clear()

    async def take(self, data):
        """Put the master's bytes in the queue to the bus, as soon as there is room."""
        outbox = self._outbox
        while len(outbox) and (len(outbox) > _ROOM or outbox.baud != self._wanted_baud()):
            await self._hal.sleep_ms(_LOOK_MS)
        outbox.put(data, self._wanted_baud(), self._hal.ticks_us())

    def _wanted_baud(self):
        return self._door.baud if self._door else self._baud

    async def _serve_serial(self, door):
        while True:
            data = await door.read(_LONGEST)
            if self.admit(door):
                await self.take(data)

    # --- the side of the bus ------------------------------------------------------------------
    async def _pump(self, held):
        """Pass bytes both ways. Does not return."""
        while True:
            try:
                await self._pass(held.uart(self._segment), held.gate)
            except LinkLost as error:
                self._trouble = str(error)
                if self._door:
                    self._door.close()
                    self.leave(self._door)
                await self._hal.sleep_ms(_AGAIN_MS)

    async def _pass(self, uart, gate):
        """Pass bytes until the line is lost (LinkLost).

        Nobody writes to flash from the first byte of a request until its answer is through.
        """
        await uart.set_baud(self._baud)
        self._trouble = None
        quiet_at = None  # ticks when the answer is through; None while no telegram is on the line
        try:
            while True:
                door = self._door
                outbox = self._outbox
                sending_us = outbox.sending_us(self._hal.ticks_us())
                baud = outbox.baud if len(outbox) else self._wanted_baud()
                if baud != uart.baud and not sending_us:
                    await uart.set_baud(baud)
                if door and door.purges():
                    uart.flush_input()
                if len(outbox):
                    if quiet_at is None:
                        await gate.begin()
                        quiet_at = self._now()
                    if baud == uart.baud:
                        sending_us = await self._feed(uart, outbox)
                    # An answer begins within 330 bit times and 50 ms.
                    wait_ms = sending_us // 1000 + 51 + 330000 // baud + uart.latency_ms
                    quiet_at = ticks_add(self._now(), wait_ms)
                if sending_us or len(outbox):
                    data = await uart.read(1, _BUSY_LOOK_MS)  # not a moment longer
                else:
                    data = await uart.read(_FEW, _LOOK_MS)
                if data:
                    self._received += len(data)
                    self._active = self._now()
                    if quiet_at is not None and not sending_us:  # it goes on within 33 bit times
                        quiet_at = ticks_add(self._active, 1 + 33000 // baud + uart.latency_ms)
                    if door:
                        await door.write(data)
                elif quiet_at is not None and ticks_diff(self._now(), quiet_at) >= 0:
                    gate.end()
                    quiet_at = None
        finally:
            if quiet_at is not None:
                gate.end()

    async def _feed(self, uart, outbox):
        """Hand the bus what is due; return in how many microseconds all of it will have left."""
        piece = outbox.due(self._hal.ticks_us())
        if piece:
            count = await uart.feed(piece)
            outbox.fed(count, self._hal.ticks_us())
            self._sent += count
            self._active = self._now()
        return outbox.sending_us(self._hal.ticks_us())

    def _now(self):
        return self._hal.ticks_ms()


def _doors():
    from firmware.converter import doors as converter_doors

    return converter_doors
