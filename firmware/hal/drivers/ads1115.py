"""A PT1000 on a converter ADS1115: the role "thermometer".

settings  i2c, sda, scl, address: the chip; input: 0..2, the wire between reference and PT1000
          reference_ohm: from 3.3 V to that wire (4700); input 3 is at the 3.3 V

Ratiometric: R = reference x U / (supply - U), so the supply's own error falls out. The range of
1.024 V ends at 2.1 kohm: what is above is an open wire.
"""

from firmware.hal.ads1115 import GAIN_1V, GAIN_4V, SLOW, TOP, Ads1115
from shared.compat import const

_SUPPLY = const(3)


def make(hal, settings):
    return Ads1115Thermometer(hal, settings)


class Ads1115Thermometer:
    """See `contract.Thermometer`."""

    def __init__(self, hal, settings):
        self._hal = hal
        self._chip = Ads1115(settings)
        self._input = settings["input"]
        self._reference_mohm = 1000 * settings.get("reference_ohm", 4700)

    async def milliohms(self):
        steps = await self._steps(self._input, GAIN_1V)
        if steps >= TOP:
            return None
        wire = max(0, steps) * GAIN_1V[1]
        supply = await self._steps(_SUPPLY, GAIN_4V) * GAIN_4V[1]
        if supply <= wire:
            return None
        return self._reference_mohm * wire // (supply - wire)

    async def _steps(self, channel, gain):
        chip = self._chip
        async with chip.lock:
            chip.start(channel, gain, SLOW)
            await self._hal.sleep_ms(SLOW[1])
            return chip.steps()
