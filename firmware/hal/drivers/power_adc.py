"""Tells of the supply's going by its voltage at an analogue pin: the role "power".

settings  pin: at a divider of the supply in front of its capacitor's regulator
          divider: supply voltage per voltage at the pin (3); below_mv: the supply goes (4000)
          timer: number of a hardware timer, where the chip has no other kind (-1)

A timer looks every 5 ms, whatever the other tasks do. It tells once a fall: what sags and dithers
does not wear the flash out.
"""

import machine

from shared.compat import const

_LOOK_MS = const(5)
_RISE_MV = const(300)  # above the limit, before the next fall counts
_FULL_UV = const(3300000)  # at 65535, where the ADC knows no microvolts


def make(hal, settings):
    return PowerAdc(hal, settings)


class PowerAdc:
    def __init__(self, hal, settings):
        self._hal = hal
        self._adc = machine.ADC(machine.Pin(settings["pin"]))
        self._divider = settings.get("divider", 3)
        self._below_mv = settings.get("below_mv", 4000)
        self._well = False  # since the last fall, or the start
        self._timer = machine.Timer(settings.get("timer", -1))
        self._timer.init(period=_LOOK_MS, callback=self._look)

    def _look(self, timer):
        mv = _microvolts(self._adc) * self._divider // 1000
        if mv >= self._below_mv + _RISE_MV:
            self._well = True
        elif mv < self._below_mv and self._well:
            self._well = False
            self._hal.power_failing()


def _microvolts(adc):
    """Return the voltage at the pin. An ESP32 corrects its ADC in `read_uv`."""
    return adc.read_uv() if hasattr(adc, "read_uv") else adc.read_u16() * _FULL_UV // 65535
