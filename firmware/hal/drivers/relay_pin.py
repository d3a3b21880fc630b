"""A relay's coil behind a transistor: the role "relay".

settings  pin: high energises; inverted: 1 where low does

Until the firmware has started the pin is an input: a resistor keeps the transistor off.
"""

import machine


def make(hal, settings):
    return PinRelay(settings["pin"], settings.get("inverted", 0))


class PinRelay:
    """See `contract.Relay`."""

    def __init__(self, pin, inverted):
        self._inverted = inverted
        self._pin = machine.Pin(pin, machine.Pin.OUT, value=inverted)

    def set(self, energised):
        self._pin.value(self._inverted ^ (1 if energised else 0))
