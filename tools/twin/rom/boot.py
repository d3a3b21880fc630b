"""What a board's ROM does before main.py: flash, root directory, then main.py.

Runs first in each MicroPython process of the twin, with the computer's files at the root, and
leaves a board behind: LittleFS at the root, `sys.path` of a board, a `machine` that can reset. Its
settings come through the environment (MBUSLINK_TWIN_*), as a board's come from its wiring.
"""

import os
import sys

import vfs


class Flash:
    """A NOR flash of `count` blocks in an image file: readblocks, writeblocks, ioctl."""

    SIZE = 4096

    def __init__(self, path, count):
        self._count = count
        try:
            self._image = open(path, "r+b", 0)  # noqa: SIM115 - open for life
        except OSError:
            self._image = open(path, "w+b", 0)  # noqa: SIM115
        self._image.seek(0, 2)
        for _ in range(self._image.tell() // self.SIZE, count):
            self._image.write(b"\xff" * self.SIZE)

    def readblocks(self, block, buffer, offset=0):
        self._image.seek(block * self.SIZE + offset)
        self._image.readinto(buffer)

    def writeblocks(self, block, buffer, offset=0):
        self._image.seek(block * self.SIZE + offset)
        self._image.write(buffer)

    def ioctl(self, op, _arg):
        if op == 4:
            return self._count
        if op == 5:
            return self.SIZE
        return 0  # 3 sync, 6 erase: writes go straight to the file, and need no erase


def mount_root(flash):
    """Put the file system on `flash` at the root; an unreadable one is formatted, as on a board."""
    try:
        fs = vfs.VfsLfs2(flash, progsize=256)
    except OSError:
        vfs.VfsLfs2.mkfs(flash, progsize=256)
        fs = vfs.VfsLfs2(flash, progsize=256)
    vfs.umount("/")
    vfs.mount(fs, "/")
    os.chdir("/")
    sys.path[:] = ["", ".frozen", "/lib"]
    sys.argv[:] = []


def start():
    """Become a board; return its main.py ready to run, None when it has none or is not to run."""
    # Loaded while its file can still be seen; mpremote and the firmware find it in sys.modules.
    sys.path.insert(0, os.getenv("MBUSLINK_TWIN_ROM"))
    __import__("machine")
    mount_root(Flash(os.getenv("MBUSLINK_TWIN_FLASH"), int(os.getenv("MBUSLINK_TWIN_BLOCKS"))))
    if os.getenv("MBUSLINK_TWIN_MAIN") != "1" or "main.py" not in os.listdir():
        return None
    with open("main.py") as source:
        return compile(source.read(), "main.py", "exec")


_main = start()
__import__("machine").booted()  # from here on Ctrl-C finds a board and its prompt
for _name in ("Flash", "mount_root", "start", "os", "sys", "vfs", "_name"):
    globals().pop(_name)
if _main:
    exec(_main)
