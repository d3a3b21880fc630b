"""An S0 input counted by the interrupts of its pin: the role "pulse" where no hardware counts.

settings  pin: the input, low while the contact is closed

Edges that come while interrupts are off are lost: fit for chips whose flash writes are short.
"""

import time

import machine

from firmware.hal.debounce import Debounce


def make(hal, settings):
    return IrqPulseCounter(settings["pin"])


class IrqPulseCounter:
    """See `contract.PulseCounter`."""

    def __init__(self, pin):
        self._pin = machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP)
        self._contact = Debounce(not self._pin.value())
        self._pin.irq(self._edge, machine.Pin.IRQ_FALLING | machine.Pin.IRQ_RISING)

    def count(self):
        return self._contact.settle(time.ticks_us())

    def closed(self):
        return not self._pin.value()

    def _edge(self, pin):
        self._contact.edge(not pin.value(), time.ticks_us())
