"""A disk of its own for a test: small, or one whose power can be cut. Root alone may mount it."""

import contextlib
import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN
_WITHOUT_LOG = 2  # what is not on the disk yet never gets there


def may_mount() -> bool:
    return os.geteuid() == 0 and shutil.which("mount") is not None


@contextlib.contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """Give an empty file system of this size at `place`, in memory."""
    place.mkdir()
    options = f"size={megabytes}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path, name: str = "filler") -> Path:
    """Take all that is free; return the file that has it."""
    path = place / name
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)
    return path


class Disk:
    """An ext4 in a file, mounted at `place`."""

    def __init__(self, image: Path, place: Path, megabytes: int = 48) -> None:
        self.place = place
        self._image = image
        with image.open("wb") as file:
            file.truncate(megabytes << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
        place.mkdir()
        self.power_on()

    def power_on(self) -> None:
        subprocess.run(["mount", "-o", "loop", str(self._image), str(self.place)], check=True)

    def cut_power(self) -> None:
        """Stop the file system where it is: from now on every call fails."""
        file = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(file, _SHUTDOWN, struct.pack("I", _WITHOUT_LOG))
        finally:
            os.close(file)

    def unmount(self) -> None:
        subprocess.run(["umount", str(self.place)], check=True)
