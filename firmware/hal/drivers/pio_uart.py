"""A segment of the M-Bus on two state machines of a PIO (RP2040): the role "bus".

settings  sm: the first of two state machines, sending and receiving; tx, rx: pins

The state machines know ten or nine bits between start and stop; parity is made and checked here.
DMA moves the characters, so that none is lost while a garbage collection or a write to flash keeps
the processor busy. A bit is 16 steps of the program: 4,800 steps a second at 300 baud, which the
clock divider still reaches at any clock of the chip (RP2040 datasheet 3.5.5).
"""
# The programs are written in words that only the assembler knows.
# pyright: reportUndefinedVariable=false, reportCallIssue=false, reportIndexIssue=false
# pyright: reportAttributeAccessIssue=false, reportOptionalMemberAccess=false

import array

import machine
import rp2
import uctypes

from firmware.hal.line_times import LATENCY_MS, characters_ms, checked, look_ms, silence
from shared.compat import const, ticks_diff

_STEPS = const(16)  # of a bit
_RING_BITS = const(9)
_RING = const(512)  # bytes of the receiving ring: 256 characters of two bytes
_ENDLESS = const(0x3FFFFFFF)  # transfers: 14 days without a pause at 9600 baud; renewed by `write`
_HALF_WORDS = const(1)  # size of a transfer, RP2040 datasheet 2.5.7
_RX_REQUEST = const(4)  # a PIO's DMA requests: 0-3 sending, 4-7 receiving (2.5.3)


@rp2.asm_pio(
    out_init=rp2.PIO.OUT_HIGH,
    set_init=rp2.PIO.OUT_HIGH,
    out_shiftdir=rp2.PIO.SHIFT_RIGHT,
    fifo_join=rp2.PIO.JOIN_TX,
)
def send_program():
    """Start bit, data and parity from the FIFO, then the stop bit; the line rests high."""
    pull()  # noqa: F821
    set(x, 9)  # noqa: F821
    label("bit")  # noqa: F821
    out(pins, 1)[14]  # noqa: F821
    jmp(x_dec, "bit")  # noqa: F821
    set(pins, 1)[13]  # noqa: F821


@rp2.asm_pio(in_shiftdir=rp2.PIO.SHIFT_RIGHT, fifo_join=rp2.PIO.JOIN_RX)
def receive_program():
    """Data and parity, looked at in the middle of each bit, to the FIFO; broken frames go."""
    label("start")  # noqa: F821
    wait(0, pin, 0)  # noqa: F821
    set(x, 8)[22]  # noqa: F821
    label("bit")  # noqa: F821
    in_(pins, 1)  # noqa: F821
    jmp(x_dec, "bit")[14]  # noqa: F821
    jmp(pin, "whole")  # noqa: F821
    wait(1, pin, 0)  # noqa: F821
    jmp("start")  # noqa: F821
    label("whole")  # noqa: F821
    in_(null, 23)  # noqa: F821
    push(noblock)  # noqa: F821


def make(hal, settings):
    return PioBus(hal, settings["sm"], settings["tx"], settings["rx"])


def is_odd(number):
    """Return whether `number` (0..511) has an odd number of ones."""
    number ^= number >> 8
    number ^= number >> 4
    number ^= number >> 2
    return bool((number ^ number >> 1) & 1)


class PioBus:
    """See `contract.BusUart`. spoilt: characters dropped for their parity."""

    latency_ms = LATENCY_MS

    def __init__(self, hal, sm, tx, rx):
        self._hal, self._sm = hal, sm
        self._tx = machine.Pin(tx, machine.Pin.OUT, value=1)
        self._rx = machine.Pin(rx, machine.Pin.IN, machine.Pin.PULL_UP)
        self._sender = self._receiver = None
        self._from_memory, self._to_memory = rp2.DMA(), rp2.DMA()
        self._words = None  # being sent
        # DMA wraps at a multiple of the ring's size: take twice as much and begin at one.
        self._memory = bytearray(2 * _RING)
        address = uctypes.addressof(self._memory)
        self._ring_at = (address + _RING - 1) & ~(_RING - 1)
        self._ring = memoryview(self._memory)[self._ring_at - address :]
        self._taken = 0  # where in the ring the next character to read is
        self.baud = 2400
        self.spoilt = 0
        self._last_us = hal.ticks_us()  # when a byte was on the line last, as far as known

    async def write(self, data):
        sender = self._send(data)
        await self._hal.sleep_ms(characters_ms(len(data), self.baud))
        while self._from_memory.active() or sender.tx_fifo():
            await self._hal.sleep_ms(characters_ms(1, self.baud))
        self._last_us = self._hal.ticks_us()

    async def feed(self, data):
        self._opened()
        # The DMA takes no more while it runs. When it has done, the FIFO holds eight characters
        # yet: so long the next bytes have time to come.
        if self._from_memory.active():
            return 0
        self._send(data)
        self._last_us = self._hal.ticks_us()
        return len(data)

    def _send(self, data):
        """Start the DMA that sends `data`; return the sending state machine."""
        sender = self._opened()
        if self._to_memory.count < _ENDLESS // 2:
            self._to_memory.config(count=_ENDLESS, trigger=True)
        # Kept: the DMA reads it while nobody else knows it.
        words = self._words = array.array("H", (byte << 1 | is_odd(byte) << 9 for byte in data))
        self._from_memory.config(
            read=words,
            write=sender,
            count=len(words),
            ctrl=self._from_memory.pack_ctrl(
                size=_HALF_WORDS, inc_write=False, bswap=False, treq_sel=self._request(self._sm)
            ),
            trigger=True,
        )
        return sender

    async def read(self, count, timeout_ms):
        self._opened()
        started = self._hal.ticks_ms()
        while True:
            data = self._look(count)
            left_ms = timeout_ms - ticks_diff(self._hal.ticks_ms(), started)
            if data or left_ms <= 0:
                return data
            await self._hal.sleep_ms(min(left_ms, look_ms(self.baud)))

    async def idle(self, us):
        self._opened()
        return await silence(self._hal, us, self._last_us, self._look)

    def _look(self, count):
        """Return at most `count` bytes that have come, b"" for none."""
        spoilt = self.spoilt
        data = self._take(count)
        if data or self.spoilt != spoilt:
            self._last_us = self._hal.ticks_us()
        return data

    async def set_baud(self, baud):
        if checked(baud) != self.baud or self._sender is None:
            self.baud = baud
            self._open()

    def flush_input(self):
        return len(self._take(_RING)) if self._sender else 0

    def close(self):
        if self._sender:
            self._sender.active(0)
            self._receiver.active(0)
            self._to_memory.active(0)
            self._from_memory.active(0)
        self._sender = self._receiver = None

    def _take(self, count):
        """Return at most `count` characters of the ring, those with wrong parity left out."""
        ring, at = self._ring, self._taken
        end = (self._to_memory.write - self._ring_at) % _RING
        data = bytearray()
        while at != end and len(data) < count:
            character = ring[at] | ring[at + 1] << 8
            if is_odd(character):
                self.spoilt += 1
            else:
                data.append(character & 0xFF)
            at = (at + 2) % _RING
        self._taken = at
        return bytes(data)

    def _opened(self):
        return self._sender or self._open()

    def _open(self):
        self.close()
        freq = _STEPS * self.baud
        self._sender = rp2.StateMachine(
            self._sm, send_program, freq=freq, out_base=self._tx, set_base=self._tx
        )
        self._receiver = rp2.StateMachine(
            self._sm + 1, receive_program, freq=freq, in_base=self._rx, jmp_pin=self._rx
        )
        self._taken = 0
        self._to_memory.config(
            read=self._receiver,
            write=self._ring_at,
            count=_ENDLESS,
            ctrl=self._to_memory.pack_ctrl(
                size=_HALF_WORDS,
                inc_read=False,
                bswap=False,
                ring_size=_RING_BITS,
                ring_sel=True,
                treq_sel=self._request(self._sm + 1) + _RX_REQUEST,
            ),
            trigger=True,
        )
        self._receiver.active(1)
        self._sender.active(1)
        return self._sender

    @staticmethod
    def _request(sm):
        return (sm >> 2) * 8 + (sm & 3)
