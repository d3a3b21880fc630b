"""A PT1000 on a converter ADS1115: the role "thermometer".

settings  i2c, sda, scl, address: the chip; input: 0..2, the wire between reference and PT1000
          reference_ohm: from 3.3 V to that wire (4700); input 3 is at the 3.3 V

Ratiometric: R = reference x U / (supply - U), so the supply's own error falls out. Both are
measured with the same gain, so that its error falls out too: two gains differ by up to 0.1 %, which
is 0.3 K (SBAS444, gain match). A step is 0.07 K then. More than 2.1 kohm is an open wire.
"""

from firmware.hal.ads1115 import GAIN_4V, SLOW, Ads1115
from shared.compat import const

_SUPPLY = const(3)
_OPEN_MOHM = const(2100000)


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
        wire = max(0, await self._steps(self._input))
        supply = await self._steps(_SUPPLY)
        if supply <= wire:
            return None
        mohm = self._reference_mohm * wire // (supply - wire)
        return None if mohm > _OPEN_MOHM else mohm

    async def _steps(self, channel):
        chip = self._chip
        async with chip.lock:
            chip.start(channel, GAIN_4V, SLOW)
            await self._hal.sleep_ms(SLOW[1])
            return chip.steps()
