"""The twin's LCD: the role "display", shown by the plant."""

from binascii import hexlify

from firmware.hal import plant_io
from firmware.hal.changed_pages import ChangedPages


def make(hal, settings):
    """Return the `Display`; None for a twin that nothing is wired to."""
    io = plant_io.of(hal)
    return PlantDisplay(hal, io) if io else None


class PlantDisplay:
    """See `contract.Display`."""

    def __init__(self, hal, io):
        self._hal = hal
        self._io = io
        self._pages = ChangedPages()

    async def show(self, buffer, anew=False):
        if anew:
            self._pages.forget()
        await self._pages.send(self._hal, buffer, self._write_page)

    def backlight(self, on):
        self._io.set("backlight", bool(on))

    def _write_page(self, page, dots):
        self._io.set("lcd", [page, hexlify(dots).decode()])
