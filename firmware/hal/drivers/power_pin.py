"""Tells of the supply's going: the role "power".

settings  pin: falls while the capacitors still hold the board for some 10 ms
"""

import machine


def make(hal, settings):
    return PowerPin(hal, settings["pin"])


class PowerPin:
    def __init__(self, hal, pin):
        self._hal = hal
        self._pin = machine.Pin(pin, machine.Pin.IN)
        self._pin.irq(self._falls, machine.Pin.IRQ_FALLING)

    def _falls(self, pin):
        self._hal.power_failing()
