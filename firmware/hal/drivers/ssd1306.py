"""An OLED of 128 x 64 dots with a Solomon SSD1306 behind I2C or SPI: the role "display".

settings  i2c, scl, sda    number of the I2C and its pins; address: 0x3C without
          or spi, sck, mosi, cs, dc: number of the SPI and its pins
          reset            pin, may be None
          contrast         0..255, 207 without
          baudrate         in Hz; 400000 without on I2C, 8000000 on SPI
          turned           the glass is built in upside down: True or False (without)
An OLED ages by its light: with the backlight off it is switched off.
Commands: Solomon Systech SSD1306 datasheet rev 1.1, table 9.
"""

import machine

from firmware.hal.changed_pages import ChangedPages


def make(hal, settings):
    """Return the `Display`."""
    line = SpiLine(settings) if "spi" in settings else I2cLine(settings)
    return Ssd1306(hal, line, settings)


class I2cLine:
    """Commands and data over I2C: the first byte tells which (datasheet 8.1.5.2)."""

    def __init__(self, settings):
        self._address = settings.get("address", 0x3C)
        self._i2c = machine.I2C(
            settings["i2c"],
            scl=machine.Pin(settings["scl"]),
            sda=machine.Pin(settings["sda"]),
            freq=settings.get("baudrate", 400000),
        )

    def command(self, codes):
        self._i2c.writevto(self._address, (b"\x00", codes))

    def data(self, dots):
        self._i2c.writevto(self._address, (b"\x40", dots))


class SpiLine:
    """Commands and data over SPI: a pin tells which."""

    def __init__(self, settings):
        self._spi = machine.SPI(
            settings["spi"],
            baudrate=settings.get("baudrate", 8000000),
            sck=machine.Pin(settings["sck"]),
            mosi=machine.Pin(settings["mosi"]),
        )
        self._cs = machine.Pin(settings["cs"], machine.Pin.OUT, value=1)
        self._dc = machine.Pin(settings["dc"], machine.Pin.OUT, value=0)

    def command(self, codes):
        self._send(0, codes)

    def data(self, dots):
        self._send(1, dots)

    def _send(self, dc, data):
        self._dc.value(dc)
        self._cs.value(0)
        try:
            self._spi.write(data)
        finally:
            self._cs.value(1)


class Ssd1306:
    """See `contract.Display`."""

    def __init__(self, hal, line, settings):
        self._hal = hal
        self._line = line
        self._settings = settings
        number = settings.get("reset")
        self._reset = None if number is None else machine.Pin(number, machine.Pin.OUT, value=1)
        self._pages = ChangedPages()
        self._begun = False
        self._on = True

    async def show(self, buffer, anew=False):
        if anew or not self._begun:
            await self._begin()
        await self._pages.send(self._hal, buffer, self._write_page)

    def backlight(self, on):
        self._on = bool(on)
        if self._begun:
            try:
                self._line.command(bytes((0xAF if on else 0xAE,)))
            except OSError:
                self._begun = False  # it is not there: `show` sets it up when it is

    async def _begin(self):
        """Reset the controller the first time, set it up."""
        if not self._begun and self._reset:
            self._reset.value(0)
            await self._hal.sleep_ms(1)
            self._reset.value(1)
            await self._hal.sleep_ms(5)
        turned = self._settings.get("turned", False)
        setup = (
            (0x20, 0x00),  # horizontal addressing: a window, filled from left to right
            (0x40,),  # the first line on top
            (0xA0 if turned else 0xA1,),
            (0xA8, 63),  # 64 lines
            (0xC0 if turned else 0xC8,),
            (0xD3, 0),  # no offset
            (0xDA, 0x12),  # the wiring of the lines of 128 x 64
            (0xD5, 0x80),  # clock
            (0xD9, 0xF1),  # pre-charge for the charge pump
            (0xDB, 0x30),
            (0x81, self._settings.get("contrast", 207)),
            (0xA4,),  # what is in the memory, and
            (0xA6,),  # a 1 is light
            (0x8D, 0x14),  # charge pump
        )
        for codes in setup:
            self._line.command(bytes(codes))
        self._pages.forget()
        self._line.command(bytes((0xAF if self._on else 0xAE,)))
        self._begun = True

    def _write_page(self, page, dots):
        self._line.command(bytes((0x21, 0, 127, 0x22, page, page)))
        self._line.data(dots)
