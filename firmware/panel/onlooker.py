"""The front panel from afar: the host sees the LCD and presses the keys over the link.

Nothing is sent unasked: whoever looks says which bands of the picture it has, by their checksums,
and gets some of the others. So the board keeps nothing for it, and is silent while nobody looks.
"""

from binascii import crc32

from shared.link.messages import BAND_BYTES, BANDS, GESTURES, MOST_BANDS


class Onlooker:
    """hal: of the board; panel: its `FrontPanel`."""

    def __init__(self, hal, panel):
        self._hal = hal
        self._panel = panel

    def handlers(self):
        """Return the link's methods that are answered here."""
        return {"panel.look": self._look, "panel.press": self._press}

    async def _look(self, params):
        panel = self._panel
        marks = params["marks"] + [None] * BANDS
        while panel.drawing:  # half a page is none
            await self._hal.sleep_ms(1)
        bands = []
        if panel.canvas:
            view = memoryview(panel.canvas.buffer)
            for number in range(BANDS):
                dots = view[BAND_BYTES * number : BAND_BYTES * (number + 1)]
                if len(bands) < MOST_BANDS and crc32(dots) != marks[number]:
                    bands.append({"band": number, "dots": bytes(dots)})
        return {
            "display": panel.canvas is not None,
            "lit": bool(panel.lit),
            "leds": list(panel.leds or ()),
            "bands": bands,
            "text": panel.text() if bands else None,
        }

    async def _press(self, params):
        self._panel.press(GESTURES.index(params["gesture"]))
        return {}
