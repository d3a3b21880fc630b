"""A `machine` for MicroPython that writes down what a driver does to its pins and lines.

`EVENTS`: ["pin", number, level], ["spi", hex] and ["i2c", address, hex], in order.
"""

from binascii import hexlify

EVENTS = []
ABSENT = []  # not empty: nothing answers on I2C


class Pin:
    OUT = 1

    def __init__(self, number, mode=0, value=None):
        self.number = number
        if value is not None:
            self.value(value)

    def value(self, level):
        EVENTS.append(["pin", self.number, level])


class SPI:
    def __init__(self, number, baudrate, sck, mosi):
        pass

    def write(self, data):
        EVENTS.append(["spi", hexlify(data).decode()])


class I2C:
    def __init__(self, number, scl, sda, freq):
        pass

    def writevto(self, address, parts):
        if ABSENT:
            raise OSError(5)
        EVENTS.append(["i2c", address, "".join([hexlify(part).decode() for part in parts])])
