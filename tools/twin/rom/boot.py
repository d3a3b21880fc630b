"""What a board's ROM does before main.py: flash, root directory, then main.py.

Runs first in each MicroPython process of the twin, with the computer's files at the root, and
leaves a board behind: LittleFS at the root, `sys.path` of a board, a `machine` that can reset. Its
settings come through the environment (MBUSLINK_TWIN_*), as a board's come from its wiring.
"""

import os
import sys
import time

import vfs


class Flash:
    """A NOR flash of `count` blocks in an image file: readblocks, writeblocks, ioctl.

    An erase stops everything for MBUSLINK_TWIN_ERASE_MS, as a board's does (0 without).
    """

    SIZE = 4096

    def __init__(self, path, count):
        self._count = count
        self._sleep_ms = time.sleep_ms  # the names of this file are gone when it is through
        self._erase_ms = int(os.getenv("MBUSLINK_TWIN_ERASE_MS") or 0)
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
        if op == 6 and self._erase_ms:
            self._sleep_ms(self._erase_ms)
        return 0  # 3 sync, 6 erase: writes go straight to the file, and need no erase


class Rom(memoryview):
    """The ROM partition: a block device in an image file, its content in the address space.

    As on rp2 and esp32 (`vfs.rom_ioctl(2, 0)`), where a `memoryview` of it is the flash itself;
    `memory`, outside of the heap, stands for that.
    """

    def __init__(self, path, memory):
        super().__init__(memory)
        self._flash = Flash(path, len(memory) // Flash.SIZE)
        self._flash.readblocks(0, memory)

    def readblocks(self, block, buffer, offset=0):
        self._flash.readblocks(block, buffer, offset)

    def writeblocks(self, block, buffer, offset=0):
        start = block * self._flash.SIZE + offset
        memoryview(self)[start : start + len(buffer)] = buffer
        self._flash.writeblocks(block, buffer, offset)

    def ioctl(self, op, arg):
        if op == 6:
            self.writeblocks(arg, b"\xff" * self._flash.SIZE)
        return self._flash.ioctl(op, arg)


def memory_outside_the_heap(size):
    """Return `size` bytes of zero: a part of the process's stack where nothing else ever comes.

    The kernel gives a stack its 8 MB where they are touched; MicroPython uses the first 80 KB.
    """
    import uctypes

    with open("/proc/self/maps") as maps:
        used = next(line for line in maps if line.endswith("[stack]\n"))
    lowest = int(used.split("-")[0], 16) & -Flash.SIZE
    return uctypes.bytearray_at(lowest - size - (1 << 20), size)


def add_rom(path, size):
    """Give the module vfs what the Unix port leaves out: rom_ioctl."""

    class Vfs:
        pass

    rom = Rom(path, memory_outside_the_heap(size))
    for name in dir(vfs):
        if name[0] != "_":
            setattr(Vfs, name, getattr(vfs, name))
    answers = {1: 1, 2: rom}  # how many partitions; the one
    Vfs.rom_ioctl = lambda op, *_: answers.get(op, -22)
    sys.modules["vfs"] = Vfs


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
    rom_size = int(os.getenv("MBUSLINK_TWIN_ROM_SIZE"))
    if rom_size:
        add_rom(os.getenv("MBUSLINK_TWIN_ROM_IMAGE"), rom_size)
    mount_root(Flash(os.getenv("MBUSLINK_TWIN_FLASH"), int(os.getenv("MBUSLINK_TWIN_BLOCKS"))))
    if os.getenv("MBUSLINK_TWIN_MAIN") != "1" or "main.py" not in os.listdir():
        return None
    with open("main.py") as source:
        return compile(source.read(), "main.py", "exec")


_main = start()
__import__("machine").booted()  # from here on Ctrl-C finds a board and its prompt
_names = "Flash Rom memory_outside_the_heap add_rom mount_root start os sys time vfs _name _names"
for _name in _names.split():
    globals().pop(_name)
if _main:
    exec(_main)
