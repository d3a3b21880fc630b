"""A board twin for tests: see `tools.twin.running`. Mark what uses it with `@pytest.mark.twin`."""

import os
import select
import time

from tools.twin.running import NO_BUS, ROOT, TwinProcess, images_with_firmware, running_twin

__all__ = ["NO_BUS", "ROOT", "Terminal", "TwinProcess", "images_with_firmware", "running_twin"]


class Terminal:
    """A hand at the serial port."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        self._seen = b""

    def type(self, data: bytes) -> None:
        os.write(self._fd, data)

    def until(self, ending: bytes, timeout_s: float = 10) -> bytes:
        """Return what the board says up to `ending`; AssertionError when it does not say it."""
        end = time.monotonic() + timeout_s
        while ending not in self._seen:
            left_s = max(0, end - time.monotonic())
            assert select.select([self._fd], [], [], left_s)[0], self._seen
            self._seen += os.read(self._fd, 4096)
        seen, _, self._seen = self._seen.partition(ending)
        return seen + ending

    def is_hung_up(self) -> bool:
        try:
            return os.read(self._fd, 1) == b""
        except OSError:
            return True
