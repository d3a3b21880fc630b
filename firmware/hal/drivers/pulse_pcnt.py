"""An S0 input counted by the pulse counter of an ESP32 (PCNT): the role "pulse".

settings  unit: of the PCNT, 0..7; pin: the input, low while the contact is closed

The unit counts with the processor asleep or writing to flash, but its filter knows 12.8 us at most:
contact bounce is kept away by a capacitor and a Schmitt trigger before the pin (boards/README.md).
MicroPython has the counter as `machine.Counter` since 1.26; an older one counts by interrupts.
"""
# The stubs are of another port:
# pyright: reportCallIssue=false, reportAttributeAccessIssue=false

import machine

from firmware.hal.drivers.pulse_irq import IrqPulseCounter
from shared.compat import const

_FILTER_NS = const(12000)


def make(hal, settings):
    if not hasattr(machine, "Counter"):
        return IrqPulseCounter(settings["pin"])
    return PcntPulseCounter(settings["unit"], settings["pin"])


class PcntPulseCounter:
    """See `contract.PulseCounter`."""

    def __init__(self, unit, pin):
        self._pin = machine.Pin(pin, machine.Pin.IN)
        self._counter = machine.Counter(
            unit, self._pin, edge=machine.Counter.FALLING, filter_ns=_FILTER_NS
        )

    def count(self):
        return self._counter.value()

    def closed(self):
        return not self._pin.value()
