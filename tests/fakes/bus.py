"""A bus with meters on it in virtual time: it jumps to the next byte or deadline, never waits.

Runs on CPython and on MicroPython. `FakeBus` is the wire; `drive` runs a generator of
`shared.mbus.line` steps on it; `FakeHal` and `FakeUart` put it behind the firmware's contract
(firmware/hal/contract.py).
"""

import asyncio

from shared.compat import ticks_add
from shared.errors import LinkLost
from shared.mbus.addresses import matches
from shared.mbus.frames import ACK, FCB, LONGEST, long_frame

_SELECTED = 253
_ANYONE = 254
_DELAY_US = 10000


def _when(arrival):
    return arrival[0]


def telegram(primary, header, access_no, more=False, records=b"\x0c\x13\x01\x00\x00\x00"):
    """Return a RSP_UD of the meter with the 8 bytes `header`."""
    data = header + bytes((access_no, 0, 0, 0)) + records + (b"\x1f" if more else b"")
    return long_frame(0x08, primary, 0x72, data)


class FakeMeter:
    """A meter that minds the FCB: asked twice with the same one it repeats itself.

    primary, header: its addresses; parts, telegrams: of one reading; requests: frames it obeyed
    acknowledges_nke: False for a meter that knows no SND_NKE
    ignores_fcb: sends its first telegram whatever the FCB
    """

    def __init__(self, primary, header, parts=1, acknowledges_nke=True, ignores_fcb=False):
        self.primary = primary
        self.header = header
        self.parts = parts
        self._readings = 0
        self.acknowledges_nke = acknowledges_nke
        self.ignores_fcb = ignores_fcb
        self.selected = False
        self.requests = []
        self._last_fcb = None
        self._next = 0
        self._sent = b""  # repeated as it was, whatever has changed since
        self.count_up()

    def count_up(self):
        """Let the values change: telegrams made from now on are others."""
        self._readings += 1
        self.telegrams = [
            telegram(
                self.primary,
                self.header,
                self._readings,
                i + 1 < self.parts,
                bytes((0x01, 0x13, i)),
            )
            for i in range(self.parts)
        ]

    def hear(self, frame):
        """Return what the meter answers to `frame` (b"": nothing)."""
        c, a, ci = (
            (frame[1], frame[2], None) if frame[0] == 0x10 else (frame[4], frame[5], frame[6])
        )
        if ci == 0x52 and a == _SELECTED:
            self.selected = matches(frame[7:15], self.header)
            return ACK if self.selected else b""
        if a not in (self.primary, _ANYONE) and not (a == _SELECTED and self.selected):
            return b""
        self.requests.append(frame)
        if c == 0x40:
            return self._reset_link(a)
        if ci == 0x50:
            self._next = 0
            self._last_fcb = None
            return ACK
        if c & 0x0F == 0x0B:
            return self._data(c & FCB)
        return ACK

    def _reset_link(self, a):
        if not self.acknowledges_nke:
            return b""
        if a == _SELECTED:
            self.selected = False
        else:
            self._last_fcb = 0
            self._next = 0
        return ACK

    def _data(self, fcb):
        if self.ignores_fcb:
            return self.telegrams[0]
        if fcb != self._last_fcb:
            self._last_fcb = fcb
            self._sent = self.telegrams[self._next % self.parts]
            self._next += 1
        return self._sent


class FakeBus:
    """The wire: `write` and `read` move `now_us`; what was sent is kept in `sent`.

    spoil: maps the number of a request (from 0) to a function(answer) that returns what the
        master hears instead: bytes, or a list of (delay in us, bytes) counted from the request
    echo: the converter gives everything sent back first
    """

    def __init__(self, meters, baud=2400):
        self.meters = meters
        self.baud = baud
        self.echo = False
        self.spoil = {}
        self.sent = []
        self.idle_us = []  # of silent line before each request
        self.now_us = 0
        self._arrivals = []  # (time in us, byte), in order
        self._last_us = 0

    def _character_us(self):
        return 11000000 // self.baud

    def deliver(self, delay_us, data):
        """Let `data` come from the wire, its first bit `delay_us` from now."""
        at = self.now_us + delay_us
        for byte in data:
            at += self._character_us()
            self._arrivals.append((at, byte))
        self._arrivals.sort(key=_when)

    def spoil_next(self, count, spoil):
        """Let `spoil` change what the master hears of the next `count` answers."""
        for i in range(count):
            self.spoil[len(self.sent) + i] = spoil

    def write(self, frame):
        self.idle_us.append(self.now_us - self._last_us)
        self.now_us += len(frame) * self._character_us()
        self._last_us = self.now_us
        if self.echo:
            for byte in frame:
                self._arrivals.append((self.now_us, byte))
        answer = b"".join([meter.hear(frame) for meter in self.meters])
        spoil = self.spoil.get(len(self.sent))
        self.sent.append(frame)
        if spoil:
            answer = spoil(answer)
        if isinstance(answer, bytes):
            answer = [(_DELAY_US, answer)]
        for delay_us, data in answer:
            self.deliver(delay_us, data)

    def read(self, count, timeout_ms):
        deadline = self.now_us + timeout_ms * 1000
        if not self._arrivals or self._arrivals[0][0] > deadline:
            self.now_us = max(self.now_us, deadline)
            return b""
        self.now_us = max(self.now_us, self._arrivals[0][0])
        taken = bytearray()
        while self._arrivals and self._arrivals[0][0] <= self.now_us and len(taken) < count:
            self._last_us, byte = self._arrivals.pop(0)
            taken.append(byte)
        return bytes(taken)

    def idle(self, us):
        """Return b"" when the line has been silent for `us`, or bytes that come before."""
        deadline = max(self.now_us, self._last_us + us)
        if self._arrivals and self._arrivals[0][0] <= deadline:
            return self.read(64, -(-(deadline - self.now_us) // 1000))
        self.now_us = deadline
        return b""

    def flush(self):
        """Drop what has arrived by now and was not read; return how many bytes."""
        return len(self.read(1024, 0))

    def forget(self):
        """Drop all that is on its way."""
        self._arrivals = []


def drive(steps, bus):
    """Run the generator `steps` to its end on `bus`; return what it returns."""
    result = None
    while True:
        try:
            step = steps.send(result)
        except StopIteration as end:
            return end.value
        result = None
        if step[0] == "send":
            bus.write(step[1])
        elif step[0] == "idle":
            result = bus.idle(step[1])
        elif step[0] == "read":
            assert 1 <= step[1] <= LONGEST
            assert step[2] >= 0
            result = bus.read(step[1], step[2])
        else:
            bus.now_us += step[1] * 1000


class FakeUart:
    """`BusUart` of the contract over a `FakeBus`.

    opens: how often the line was opened; unplugged: it cannot be opened
    lose_at_read: so many more reads, then the line is lost until it is opened again; None: never
    lose_each_read: the other side hangs up before it answers anything
    """

    def __init__(self, bus):
        self.bus = bus
        self.baud = 2400
        self.latency_ms = 5
        self.lost = True
        self.unplugged = False
        self.opens = 0
        self.lose_at_read = None
        self.lose_each_read = False
        self._busy = False

    def _open(self):
        if self.unplugged:
            raise LinkLost("tcp://plant: connection refused")
        self.opens += self.lost
        self.lost = False

    async def write(self, data):
        await self._alone()
        self._open()
        self.bus.write(bytes(data))

    async def read(self, count, timeout_ms):
        await self._listen()
        return self.bus.read(count, timeout_ms)

    async def idle(self, us):
        await self._listen()
        return self.bus.idle(us)

    async def _listen(self):
        """A read of either kind: it may find the line lost."""
        await self._alone()
        if self.lose_at_read is not None:
            self.lost = self.lose_at_read == 0
            self.lose_at_read = None if self.lost else self.lose_at_read - 1
        if self.lost or self.lose_each_read:
            self.lost = True
            raise LinkLost("tcp://plant: closed by the other side")

    async def _alone(self):
        """Let other tasks run; two calls at once break the contract."""
        assert not self._busy
        self._busy = True
        try:
            await asyncio.sleep(0)
        finally:
            self._busy = False

    async def set_baud(self, baud):
        self._open()
        self.baud = self.bus.baud = baud

    def flush_input(self):
        return self.bus.flush()

    def close(self):
        """Lose the line, and with it what nobody has read yet."""
        self.lost = True
        self.bus.forget()


class FakeHal:
    """The calls of `Hal` that the bus workers make. `bus`: of segment 1, `more` of the others."""

    def __init__(self, bus, *more):
        self.bus = bus
        self.segments = 1 + len(more)
        self.uart = FakeUart(bus)
        self.uarts = [self.uart]
        self.uarts += [FakeUart(each) for each in more]

    def open_bus(self, segment=1):
        return self.uarts[segment - 1]

    def ticks_us(self):
        return ticks_add(0, self.bus.now_us)

    def ticks_ms(self):
        return ticks_add(0, self.bus.now_us // 1000)

    async def sleep_ms(self, ms):
        self.bus.now_us += ms * 1000
        await asyncio.sleep(0)
