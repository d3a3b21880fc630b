"""The supply of a segment, measured by a converter ADS1115: the role "supply".

settings  i2c, sda, scl, address: the chip; volts, amps: its inputs 0..3
          divider: bus voltage per voltage at the input (20); ua_per_mv: bus current per millivolt
          there (500); switch: pin, high while the bus is fed; left out where nothing switches

A conversion takes 1.2 ms and is waited for; a value is kept for 20 ms. A chip that does not answer
reads as no voltage and no current.
"""

import time

import machine

from firmware.hal.ads1115 import FAST, GAIN_4V, Ads1115
from shared.compat import const
from shared.errors import LineFault

_KEPT_MS = const(20)


def make(hal, settings):
    return Ads1115Supply(settings)


class Ads1115Supply:
    """See `contract.Supply`."""

    def __init__(self, settings):
        self._chip = Ads1115(settings)
        self._inputs = settings["volts"], settings["amps"]
        self._factors = settings.get("divider", 20), settings.get("ua_per_mv", 500)
        self._kept = {}  # 0, 1 -> (value, time.ticks_ms() when it was measured)
        switch = settings.get("switch")
        self._switch = None
        if switch is not None:
            self._switch = machine.Pin(switch, machine.Pin.OUT, value=1)

    def voltage_mv(self):
        return self._measured(0)

    def current_ua(self):
        return self._measured(1)

    def switch(self, on):
        if self._switch:
            self._switch.value(1 if on else 0)

    def _measured(self, which):
        now_ms = time.ticks_ms()
        value, at_ms = self._kept.get(which, (0, None))
        if at_ms is None or not 0 <= time.ticks_diff(now_ms, at_ms) < _KEPT_MS:
            value = self._convert(self._inputs[which]) * self._factors[which] // 1000
            self._kept[which] = value, now_ms
        return value

    def _convert(self, channel):
        """Return the microvolts at input `channel`."""
        try:
            self._chip.start(channel, GAIN_4V, FAST)
            time.sleep_ms(FAST[1])
            return max(0, self._chip.steps()) * GAIN_4V[1] // 1000
        except LineFault:
            return 0
