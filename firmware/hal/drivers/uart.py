"""A segment of the M-Bus on a UART of the chip, through a level converter: the role "bus".

settings  uart: its number; tx, rx: its pins

8 data bits, even parity, 1 stop bit (EN 13757-2). The UART sends and receives by interrupt through
buffers of its own; nothing here waits in a blocking call: asking `UART.read` for more than has
come would stop the whole board until it came.
"""

import machine

from firmware.hal.line_times import LATENCY_MS, characters_ms, checked, look_ms, silence
from shared.compat import const, ticks_diff

_EVEN = const(0)  # machine.UART's name for it
_RXBUF = const(1024)  # more than the longest readout between two looks
_TXBUF = const(272)  # a whole telegram


def make(hal, settings):
    return UartBus(hal, settings["uart"], settings["tx"], settings["rx"])


class UartBus:
    """See `contract.BusUart`."""

    latency_ms = LATENCY_MS

    def __init__(self, hal, number, tx, rx):
        self._hal, self._number = hal, number
        self._tx, self._rx = tx, rx
        self._uart = None
        self.baud = 2400
        self._last_us = hal.ticks_us()  # when a byte was on the line last, as far as known

    async def write(self, data):
        uart = self._opened()
        started = self._hal.ticks_ms()
        view = memoryview(data)
        while len(view):
            view = view[uart.write(view) or 0 :]  # None: the buffer is full
            if len(view):
                await self._hal.sleep_ms(1)
        # txdone() of some chips is true while the last character still is on its way: wait both.
        passed_ms = ticks_diff(self._hal.ticks_ms(), started)
        await self._hal.sleep_ms(max(0, characters_ms(len(data), self.baud) - passed_ms))
        while not uart.txdone():
            await self._hal.sleep_ms(1)
        self._last_us = self._hal.ticks_us()

    async def feed(self, data):
        self._last_us = self._hal.ticks_us()
        return self._opened().write(data) or 0  # None: the buffer is full

    async def read(self, count, timeout_ms):
        uart = self._opened()
        started = self._hal.ticks_ms()
        while not uart.any():
            left_ms = timeout_ms - ticks_diff(self._hal.ticks_ms(), started)
            if left_ms <= 0:
                return b""
            await self._hal.sleep_ms(min(left_ms, look_ms(self.baud)))
        return self._look(count)

    async def idle(self, us):
        return await silence(self._hal, us, self._last_us, self._look)

    def _look(self, count):
        """Return at most `count` bytes that have come, b"" for none."""
        uart = self._opened()
        if not uart.any():
            return b""
        self._last_us = self._hal.ticks_us()
        return uart.read(min(count, uart.any())) or b""

    async def set_baud(self, baud):
        if checked(baud) != self.baud or self._uart is None:
            self.baud = baud
            self._open()

    def flush_input(self):
        count = 0
        while self._uart and self._uart.any():
            count += len(self._uart.read(self._uart.any()) or b"")
        return count

    def close(self):
        if self._uart:
            self._uart.deinit()
        self._uart = None

    def _opened(self):
        return self._uart or self._open()

    def _open(self):
        self._uart = machine.UART(
            self._number,
            baudrate=self.baud,
            bits=8,
            parity=_EVEN,
            stop=1,
            tx=machine.Pin(self._tx),
            rx=machine.Pin(self._rx),
            timeout=0,
            rxbuf=_RXBUF,
            txbuf=_TXBUF,
        )
        return self._uart
