"""The LEDs READ and SCAN, each from its pin over a resistor to ground: the role "leds".

settings  read, scan: pins
"""

import machine

_DUTY = (0, 2000, 65535)  # off, dim, bright, of 65535


def make(hal, settings):
    return PinLeds(settings)


class PinLeds:
    """See `contract.Leds`."""

    def __init__(self, settings):
        self._leds = {
            name: machine.PWM(machine.Pin(pin), freq=1000, duty_u16=0)
            for name, pin in settings.items()
        }

    def set(self, name, brightness):
        self._leds[name].duty_u16(_DUTY[brightness])
