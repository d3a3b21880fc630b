"""A file that takes room until it is needed: on a full disk deleting needs room, too."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

FILE_NAME = "ballast"
SIZE_BYTES = 8 * 1024 * 1024
SPARE_BYTES = 2 * 1024 * 1024
"""What the ballast leaves free: SQLite's log of the last readings."""


class Ballast:
    """DATA/ballast, at most `size` bytes; smaller where there is less room."""

    def __init__(self, data: Path, size: int = SIZE_BYTES) -> None:
        self._path = data / FILE_NAME
        self._size = size

    def make(self) -> bool:
        """Have the file as large as there is room for; tell whether that is its whole size."""
        had = self._path.stat().st_size if self._path.exists() else 0
        if had >= self._size:
            return True
        try:
            free = shutil.disk_usage(self._path.parent).free
            size = min(self._size, had + free - SPARE_BYTES)
            if size > had:
                self._reserve(size)
        except OSError:
            return False
        return size == self._size

    def is_wanted(self) -> bool:
        """Tell whether it is there and the disk is full."""
        with contextlib.suppress(OSError):
            free = shutil.disk_usage(self._path.parent).free
            return self._path.exists() and free < SPARE_BYTES
        return False

    def release(self) -> None:
        """Give its room back."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _reserve(self, size: int) -> None:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(file, 0, size)
        finally:
            os.close(file)
