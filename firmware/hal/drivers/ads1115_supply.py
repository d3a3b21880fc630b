"""The supply of a segment, measured by a converter ADS1115: the role "supply".

settings  i2c, sda, scl, address: the chip; volts, amps: its inputs 0..3
          divider: bus voltage per voltage at the input (20); ua_per_mv: bus current per millivolt
          there (500); switch: pin, high while the bus is fed

A conversion takes 1.2 ms, in which the other tasks run. Segments that share an input share what was
measured there. A chip that does not answer reads as no voltage and no current.
"""

import machine

from firmware.hal.ads1115 import FAST, GAIN_4V, Ads1115
from shared.compat import const, ticks_diff
from shared.errors import LineFault

_SHARED_MS = const(15)  # so long a value is good for the next segment

_measured = {}  # (i2c, address, input) -> (microvolts, hal.ticks_ms() when that was)


def make(hal, settings):
    return Ads1115Supply(hal, settings)


class Ads1115Supply:
    """See `contract.Supply`."""

    def __init__(self, hal, settings):
        self._hal = hal
        self._chip = Ads1115(settings)
        self._at = settings["i2c"], settings["address"]
        self._volts, self._amps = settings["volts"], settings["amps"]
        self._divider = settings.get("divider", 20)
        self._ua_per_mv = settings.get("ua_per_mv", 500)
        self._mv = self._ua = 0
        self._switch = machine.Pin(settings["switch"], machine.Pin.OUT, value=1)

    async def measure(self):
        self._mv = await self._microvolts(self._volts) * self._divider // 1000
        self._ua = await self._microvolts(self._amps) * self._ua_per_mv // 1000

    def voltage_mv(self):
        return self._mv

    def current_ua(self):
        return self._ua

    def switch(self, on):
        self._switch.value(1 if on else 0)

    async def _microvolts(self, channel):
        key = self._at + (channel,)
        value, at_ms = _measured.get(key, (0, None))
        if at_ms is None or not 0 <= ticks_diff(self._hal.ticks_ms(), at_ms) < _SHARED_MS:
            value = await self._convert(channel)
            _measured[key] = value, self._hal.ticks_ms()
        return value

    async def _convert(self, channel):
        chip = self._chip
        try:
            async with chip.lock:
                chip.start(channel, GAIN_4V, FAST)
                await self._hal.sleep_ms(FAST[1])
                return max(0, chip.steps()) * GAIN_4V[1] // 1000
        except LineFault:
            return 0
