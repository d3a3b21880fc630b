"""Which of a display's eight pages (bands of 8 by 128 dots) have changed since they were sent.

Kept as a checksum each: a copy of the picture would cost another kilobyte.
"""

from binascii import crc32

PAGES = 8
PAGE_BYTES = 128


class ChangedPages:
    """Remembers what was sent."""

    def __init__(self):
        self._sent = [None] * PAGES

    def forget(self):
        """Take every page for changed."""
        self._sent = [None] * PAGES

    async def send(self, hal, buffer, write):
        """Call `write(page, 128 bytes)` for each changed page of `buffer`; others run in between.

        OSError of `write` passes; that page stays changed.
        """
        view = memoryview(buffer)
        for page in range(PAGES):
            dots = view[PAGE_BYTES * page : PAGE_BYTES * (page + 1)]
            mark = crc32(dots)
            if mark != self._sent[page]:
                self._sent[page] = None
                write(page, dots)
                self._sent[page] = mark
                await hal.sleep_ms(0)
