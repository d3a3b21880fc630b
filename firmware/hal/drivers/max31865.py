"""A PT1000 on a converter MAX31865: the role "thermometer". Maxim 19-6478.

settings  spi, sck, mosi, miso: the SPI, which others may share; cs: pin of this chip
          reference_ohm: its reference resistor (4300); three_wires: 1 for a three-wire sensor

The bias is on only while it measures, so that the sensor does not warm itself.
"""

import machine

from shared.compat import const
from shared.errors import LineFault

_CONFIG, _RTD = const(0), const(1)  # registers; with 80h to write
_WRITE = const(0x80)
_BIAS, _ONE_SHOT, _THREE_WIRES = const(0x80), const(0x20), const(0x10)
_CLEAR_FAULTS, _50_HZ = const(0x02), const(0x01)
_BIAS_MS, _CONVERSION_MS = const(10), const(70)  # 62.5 ms at 50 Hz
_OPEN = const(0x7F00)  # of 8000h, the reference itself: more than 4.26 kohm


def make(hal, settings):
    return Max31865(hal, settings)


class Max31865:
    """See `contract.Thermometer`."""

    def __init__(self, hal, settings):
        self._hal = hal
        self._spi = machine.SPI(
            settings["spi"],
            sck=machine.Pin(settings["sck"]),
            mosi=machine.Pin(settings["mosi"]),
            miso=machine.Pin(settings["miso"]),
        )
        self._cs = machine.Pin(settings["cs"], machine.Pin.OUT, value=1)
        self._number = settings["cs"]
        self._reference_mohm = 1000 * settings.get("reference_ohm", 4300)
        self._config = _50_HZ | (_THREE_WIRES if settings.get("three_wires") else 0)

    async def milliohms(self):
        self._write(_CONFIG, self._config | _BIAS | _CLEAR_FAULTS)
        await self._hal.sleep_ms(_BIAS_MS)
        # The chip clears the bits that start something by itself.
        if self._read(_CONFIG)[0] != self._config | _BIAS:
            raise LineFault("MAX31865 at pin %d does not answer" % self._number)
        self._write(_CONFIG, self._config | _BIAS | _ONE_SHOT)
        await self._hal.sleep_ms(_CONVERSION_MS)
        high, low = self._read(_RTD)
        self._write(_CONFIG, self._config)
        steps = high << 7 | low >> 1  # the last bit tells a fault, which the value tells too
        return None if steps >= _OPEN else self._reference_mohm * steps >> 15

    def _write(self, register, value):
        self._select()
        self._spi.write(bytes((_WRITE | register, value)))
        self._cs.value(1)

    def _read(self, register):
        """Return two bytes from `register` on."""
        self._select()
        self._spi.write(bytes((register,)))
        data = self._spi.read(2)
        self._cs.value(1)
        return data

    def _select(self):
        # A display on the same wires may have left mode 0; it does not mind mode 3 either.
        self._spi.init(baudrate=4000000, polarity=1, phase=1)
        self._cs.value(0)
