"""The supply of a segment, measured by the chip's own ADC: the role "supply".

settings  volts, amps: pins; divider: bus voltage per voltage at the pin (20)
          ua_per_mv: bus current per millivolt at the pin (500)
          switch: pin, high while the bus is fed
"""

import machine

from shared.compat import const

_SAMPLES = const(8)  # averaged against noise
_FULL_UV = const(3300000)  # at 65535, where the ADC knows no microvolts


def make(hal, settings):
    return AdcSupply(settings)


class AdcSupply:
    """See `contract.Supply`."""

    def __init__(self, settings):
        self._volts = machine.ADC(machine.Pin(settings["volts"]))
        self._amps = machine.ADC(machine.Pin(settings["amps"]))
        self._divider = settings.get("divider", 20)
        self._ua_per_mv = settings.get("ua_per_mv", 500)
        self._switch = machine.Pin(settings["switch"], machine.Pin.OUT, value=1)

    async def measure(self):
        pass  # the ADC is asked when a value is wanted: it takes microseconds

    def voltage_mv(self):
        return _microvolts(self._volts) * self._divider // 1000

    def current_ua(self):
        return _microvolts(self._amps) * self._ua_per_mv // 1000

    def switch(self, on):
        self._switch.value(1 if on else 0)


def _microvolts(adc):
    """Return the mean of some samples in microvolts. An ESP32 corrects its ADC in `read_uv`."""
    if hasattr(adc, "read_uv"):
        return sum(adc.read_uv() for _ in range(_SAMPLES)) // _SAMPLES
    total = sum(adc.read_u16() for _ in range(_SAMPLES))
    return total * _FULL_UV // (65535 * _SAMPLES)
