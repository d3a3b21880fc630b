"""An LCD of 128 x 64 dots with a Sitronix ST7565 or ST7567 behind SPI: the role "display".

settings  spi, sck, mosi   number of the SPI and its pins
          cs, dc, reset    pins: chip select, data/command (A0), reset; reset may be None
          light            pin of the backlight, high is on; may be None
          baudrate         of SPI in Hz, 4000000 without; the controller takes up to 20 MHz
          contrast         0..63 (electronic volume), 32 without
          ratio            0..7 (regulator resistors), 4 without: as the glass wants it
          bias             7 or 9 (1/7 or 1/9), 9 without
          column           where the glass begins in the controller's 132 columns: 0 or 4, 0 without
          mirror_x, mirror_y   which way the glass is built in; mirror_y without mirror_x is usual
Commands: Sitronix ST7565R datasheet V1.5, table 16; ST7567 the same where used here.
"""

import machine

from firmware.hal.changed_pages import ChangedPages


def make(hal, settings):
    """Return the `Display`."""
    return St7565(hal, settings)


class St7565:
    """See `contract.Display`."""

    def __init__(self, hal, settings):
        self._hal = hal
        self._settings = settings
        self._spi = machine.SPI(
            settings["spi"],
            baudrate=settings.get("baudrate", 4000000),
            sck=machine.Pin(settings["sck"]),
            mosi=machine.Pin(settings["mosi"]),
        )
        self._cs = machine.Pin(settings["cs"], machine.Pin.OUT, value=1)
        self._dc = machine.Pin(settings["dc"], machine.Pin.OUT, value=0)
        self._reset = _output(settings.get("reset"), 1)
        self._light = _output(settings.get("light"), 0)
        self._column = settings.get("column", 0)
        self._pages = ChangedPages()
        self._begun = False

    async def show(self, buffer, anew=False):
        if anew or not self._begun:
            await self._begin()
        await self._pages.send(self._hal, buffer, self._write_page)

    def backlight(self, on):
        if self._light:
            self._light.value(1 if on else 0)

    async def _begin(self):
        """Reset the controller the first time, set it up; the picture stays where it is."""
        if not self._begun and self._reset:
            self._reset.value(0)
            await self._hal.sleep_ms(1)
            self._reset.value(1)
            await self._hal.sleep_ms(5)
        settings = self._settings
        self._command(
            0xA2 if settings.get("bias", 9) == 9 else 0xA3,
            0xA1 if settings.get("mirror_x", False) else 0xA0,
            0xC8 if settings.get("mirror_y", True) else 0xC0,
            0x20 | settings.get("ratio", 4),
            0x81,
            settings.get("contrast", 32),
            0x40,  # the first line on top
            0xA4,  # what is in the memory, and
            0xA6,  # a 1 is dark
        )
        if not self._begun:
            # Booster, regulator and follower one after the other, as the datasheet wants it.
            for power in (0x2C, 0x2E, 0x2F):
                self._command(power)
                await self._hal.sleep_ms(10)
        self._pages.forget()
        self._command(0x2F, 0xAF)
        self._begun = True

    def _write_page(self, page, dots):
        self._command(0xB0 | page, 0x10 | self._column >> 4, self._column & 15)
        self._send(1, dots)

    def _command(self, *codes):
        self._send(0, bytes(codes))

    def _send(self, dc, data):
        self._dc.value(dc)
        self._cs.value(0)
        try:
            self._spi.write(data)
        finally:
            self._cs.value(1)


def _output(number, level):
    """Return the output pin `number` at `level`, None where there is none."""
    return None if number is None else machine.Pin(number, machine.Pin.OUT, value=level)
