"""The converter ADS1115 on I2C: one voltage after the other, in microvolts. TI SBAS444."""

import asyncio

import machine

from shared.compat import const
from shared.errors import LineFault

_CONVERSION, _CONFIG = const(0), const(1)  # registers
_START = const(0xC183)  # single shot, input against ground, no comparator; PGA, input, rate to add
# gain -> (bits of the PGA, nanovolts a step)
GAIN_4V = (1, 125000)
_860_HZ, _128_HZ = const(7), const(4)
FAST = (_860_HZ, 2)  # bits of the rate, milliseconds that a conversion takes
SLOW = (_128_HZ, 9)
TOP = const(32767)

_locks = {}  # (i2c, address) -> the turn of a chip: it converts for one at a time


class Ads1115:
    """`settings`: i2c, sda, scl, address (0x48..0x4B). Take `lock` from a start to its `steps`."""

    def __init__(self, settings):
        self._i2c = machine.I2C(
            settings["i2c"],
            sda=machine.Pin(settings["sda"]),
            scl=machine.Pin(settings["scl"]),
            freq=400000,
        )
        self._address = settings["address"]
        self.lock = _locks.setdefault((settings["i2c"], self._address), asyncio.Lock())

    def start(self, channel, gain, rate):
        """Start a conversion of input 0..3, `rate[1]` ms long. LineFault: the chip is silent."""
        word = _START | channel << 12 | gain[0] << 9 | rate[0] << 5
        self._do(self._i2c.writeto_mem, _CONFIG, word.to_bytes(2, "big"))

    def steps(self):
        """Return the result of the conversion started last, -32768..32767. LineFault."""
        raw = int.from_bytes(self._do(self._i2c.readfrom_mem, _CONVERSION, 2), "big")
        return raw - 65536 if raw > TOP else raw

    def _do(self, call, register, what):
        try:
            return call(self._address, register, what)
        except OSError as error:
            raise LineFault("ADS1115 at I2C address %d: %s" % (self._address, error))
