"""The picture of the LCD: draws the steps that pages are made of into a buffer of 1024 bytes.

A step is a tuple: the name of a method of `Canvas` and its arguments. x 0..127 from the left, y
0..63 from the top; what reaches beyond the edge is cut off. It knows no page and no hardware.
"""

import framebuf

from firmware.panel.font import BIG, BIG_CHARACTERS, MORE, SMALL
from firmware.panel.text_width import HEIGHT, STEP, WIDTH, big_step, text_width


class Canvas:
    """buffer: 1024 bytes, framebuf.MONO_VLSB, a 1 is a dark dot."""

    def __init__(self):
        self.buffer = bytearray(WIDTH * HEIGHT // 8)
        self._frame = framebuf.FrameBuffer(self.buffer, WIDTH, HEIGHT, framebuf.MONO_VLSB)
        self._cell = bytearray(8)
        self._small = framebuf.FrameBuffer(self._cell, 5, 8, framebuf.MONO_VLSB)
        # A picture that swaps light and dark: drawn through it, characters stand light on dark.
        self._swapped = framebuf.FrameBuffer(bytearray(b"\x01"), 2, 1, framebuf.MONO_HLSB)
        self._swapped.pixel(0, 0, 1)
        self._swapped.pixel(1, 0, 0)

    def draw(self, step):
        """Draw one step of a page."""
        getattr(self, step[0])(*step[1:])

    def clear(self):
        self._frame.fill(0)

    def fill(self, x, y, width, height, dark=1):
        """Fill a rectangle; `dark` 1 or 0."""
        self._frame.fill_rect(x, y, width, height, dark)

    def frame(self, x, y, width, height):
        """Draw the outline of a rectangle."""
        self._frame.rect(x, y, width, height, 1)

    def text(self, text, x, y, dark=1):
        """Write `text` from (x, y); with `dark` 0 light on what is dark already."""
        for character in text:
            self._load(character)
            if dark:
                self._frame.blit(self._small, x, y, 0)
            else:
                self._frame.blit(self._small, x, y, 1, self._swapped)
            x += STEP

    def right(self, text, x, y, dark=1):
        """Write `text` so that it ends before `x`."""
        self.text(text, x - text_width(text), y, dark)

    def centred(self, text, y, dark=1):
        self.text(text, (WIDTH - text_width(text)) // 2, y, dark)

    def large(self, text, y, scale):
        """Write `text` in the middle, in small characters `scale` times as large."""
        x = (WIDTH - scale * text_width(text)) // 2
        for character in text:
            self._load(character)
            self._magnify(x, y, scale, 1, 5)
            x += STEP * scale

    def big(self, text, x, y, scale=1):
        """Write digits and dots, 8 by 14 dots each, `scale` times as large."""
        for character in text:
            self._big(character, x, y, scale)
            x += big_step(character) * scale

    def chosen(self, digit, x, y):
        """Write one big digit light on dark, in a box."""
        self.fill(x - 1, y - 2, 10, 18)
        self._big(digit, x, y, 1, 0)

    def bar(self, x, y, width, height, permille):
        """Draw a bar that is filled from the left by `permille` (0..1000)."""
        self.frame(x, y, width, height)
        filled = (width - 4) * max(0, min(1000, permille)) // 1000
        self.fill(x + 2, y + 2, filled, height - 4)

    def _load(self, character):
        """Put a small character into the cell; one that the font has not is a `?`."""
        code = ord(character)
        index = code - 32
        if not 32 <= code < 127:
            index = MORE.find(character) + 95 if character in MORE else ord("?") - 32
        self._cell[:5] = SMALL[5 * index : 5 * index + 5]

    def _big(self, character, x, y, scale, dark=1):
        index = BIG_CHARACTERS.find(character)
        if index < 0:
            return
        if character == ".":
            x -= 2 * scale  # it stands in the middle of its cell
        for band in (0, 1):
            start = 16 * index + 8 * band
            self._cell[:] = BIG[start : start + 8]
            self._magnify(x, y + 8 * band * scale, scale, dark)

    def _magnify(self, x, y, scale, dark, columns=8):
        for column in range(columns):
            bits = self._cell[column]
            row = 0
            while bits:
                if bits & 1:
                    self._frame.fill_rect(x + column * scale, y + row * scale, scale, scale, dark)
                bits >>= 1
                row += 1
