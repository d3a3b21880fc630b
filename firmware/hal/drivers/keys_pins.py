"""The two buttons, each from its pin to ground: the role "keys".

settings  enter, function: pins
"""

import machine


def make(hal, settings):
    return PinKeys(settings["enter"], settings["function"])


class PinKeys:
    """See `contract.Keys`."""

    def __init__(self, enter, function):
        self._enter = machine.Pin(enter, machine.Pin.IN, machine.Pin.PULL_UP)
        self._function = machine.Pin(function, machine.Pin.IN, machine.Pin.PULL_UP)

    def enter(self):
        return not self._enter.value()

    def function(self):
        return not self._function.value()
