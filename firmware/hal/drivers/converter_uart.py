"""The second serial port, where a foreign master works the M-Bus through us: role "converter".

settings  uart: its number; tx, rx: its pins

8 data bits, even parity, 1 stop bit as on the M-Bus itself; `set_baud` as the master wants it.
"""

from firmware.hal.drivers.uart import UartBus
from shared.compat import const

_LOOK_MS = const(1000)


def make(hal, settings):
    return UartConverter(hal, settings["uart"], settings["tx"], settings["rx"])


class UartConverter(UartBus):
    """See `contract.LinkStream`; `set_baud` and `flush_input` of `contract.BusUart` beside it."""

    async def read(self, count):
        while True:
            data = await UartBus.read(self, count, _LOOK_MS)
            if data:
                return data
