"""One host on one data folder: a lock that the kernel frees when its process dies, however."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from shared.errors import Busy


class FolderLock:
    """Holds DATA/NAME.lock from `take` until `release` or the end of the process.

    The file stays: removing it would let two processes hold two files of one name.
    """

    def __init__(self, data: Path, name: str) -> None:
        self._path = data / f"{name}.lock"
        self._file: int | None = None

    def take(self) -> None:
        """Take the lock. Raises `Busy`, with the number of the process that has it."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(file, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(file)
            raise Busy(
                f"{self._path.parent}: a host is running on this data folder already"
                f" (process {holder}); stop it first or choose another --data folder"
            ) from None
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file

    def release(self) -> None:
        """Let the lock go; does nothing when it is not held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
