"""A flash in RAM that can be cut off at any write, and time that goes by itself: on MicroPython."""

import asyncio

import vfs


class Flash:
    """A NOR flash in RAM. In the midst of write or erase number `cut` the power fails."""

    SIZE = 4096

    def __init__(self, count):
        self.image = bytearray(count * self.SIZE)
        self.count = count
        self.plug = None
        self.begin_anew()

    def begin_anew(self):
        """Be an empty file system."""
        self.cut = None
        self.operations = self.erases = 0
        vfs.VfsLfs2.mkfs(Plug(self), progsize=256)
        self.operations = self.erases = 0

    def mount(self):
        self.plug = Plug(self)
        vfs.mount(vfs.VfsLfs2(self.plug, progsize=256), "/flash")

    def power_off(self):
        self.plug.flash = None  # a file that is found open later must not write
        vfs.umount("/flash")

    def change(self, start, data):
        """Write `data`, or half of it when the power fails."""
        self.operations += 1
        if self.cut is not None and self.operations >= self.cut:
            if self.operations == self.cut:
                half = len(data) // 2
                self.image[start : start + half] = data[:half]
            raise OSError(5)
        self.image[start : start + len(data)] = data


class Plug:
    """Flash as one boot has it: dead after the power is off."""

    ERASED = b"\xff" * Flash.SIZE

    def __init__(self, flash):
        self.flash = flash

    def readblocks(self, block, buffer, offset=0):
        if self.flash is None:
            return -5
        start = block * Flash.SIZE + offset
        buffer[:] = self.flash.image[start : start + len(buffer)]
        return 0

    def writeblocks(self, block, buffer, offset=0):
        if self.flash is None:
            return -5
        self.flash.change(block * Flash.SIZE + offset, buffer)
        return 0

    def ioctl(self, op, block):
        if op == 4:
            return self.flash.count
        if op == 5:
            return Flash.SIZE
        if op == 6:
            if self.flash is None:
                return -5
            self.flash.change(block * Flash.SIZE, self.ERASED)
            self.flash.erases += 1
        return 0


class Hal:
    """Time goes by itself: `sleep_ms` moves it on."""

    scale = 1

    def __init__(self, boot):
        self.boot = boot
        self.now_ms = 5000
        self.utc_at_0 = None

    def ticks_ms(self):
        return self.now_ms & 0x3FFFFFFF

    def utc_s(self):
        return None if self.utc_at_0 is None else self.utc_at_0 + self.now_ms // 1000

    async def sleep_ms(self, ms):
        self.now_ms += ms
        await asyncio.sleep(0)
