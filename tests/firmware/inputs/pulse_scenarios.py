"""Counters in a LittleFS whose power is cut at every one of its operations; runs on MicroPython."""

import os

import vfs

from firmware.inputs.pulse_inputs import PulseInputs

_BLOCK = 4096


class Flash:
    """A flash in RAM. left: operations until the power is cut, the last of them half done."""

    def __init__(self, blocks):
        self.data = bytearray(b"\xff" * (blocks * _BLOCK))
        self.left = None
        self.erases = [0] * blocks

    def _operation(self):
        if self.left is None:
            return True
        self.left -= 1
        if self.left < 0:
            raise OSError(5)
        return self.left > 0

    def readblocks(self, block, buffer, offset=0):
        at = block * _BLOCK + offset
        buffer[:] = self.data[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        size = len(buffer) if self._operation() else len(buffer) // 2
        at = block * _BLOCK + offset
        self.data[at : at + size] = memoryview(buffer)[:size]

    def ioctl(self, op, arg):
        if op == 4:
            return len(self.data) // _BLOCK
        if op == 5:
            return _BLOCK
        if op == 6:
            size = _BLOCK if self._operation() else _BLOCK // 2
            self.data[arg * _BLOCK : arg * _BLOCK + size] = b"\xff" * size
            self.erases[arg] += 1
        return 0


class Counter:
    """A `PulseCounter`."""

    def __init__(self):
        self.pulses = 0

    def count(self):
        return self.pulses

    def closed(self):
        return False


class Board:
    """Hal and settings of a board that was just started."""

    unique_id = "0123456789abcdef"

    def __init__(self):
        self.pulse_counters = [Counter() for _ in range(4)]
        self.warned = []
        self.values = {"start_milli": 0, "weight_milli": 1000, "unit": "l", "active": True}

    def on_power_failing(self, callback):
        self.warned.append(callback)

    def get(self, name):
        return self.values[name.split(".")[2]]

    def watch(self, callback):
        self.watching = callback


def start(flash):
    """Mount `flash` as the root and start the counters; return them and their board."""
    flash.left = None
    vfs.umount("/")
    vfs.mount(vfs.VfsLfs2(flash, progsize=256), "/")
    os.chdir("/")
    board = Board()
    return PulseInputs(board, board), board


def count_and_fail(flash, pulses, operations):
    """Count `pulses` on each input, and let the supply fail `operations` after the warning.

    Return whether it failed before all was kept.
    """
    inputs, board = start(flash)
    for counter in board.pulse_counters:
        counter.pulses = pulses
    flash.left = operations
    for callback in board.warned:
        callback()
    return inputs.changed()


def cuts():
    """Cut the power after every number of operations; return (cuts, worst loss, backwards)."""
    flash = Flash(16)
    vfs.VfsLfs2.mkfs(flash, progsize=256)
    kept, tried, backwards, lost = 0, 0, 0, 0
    for _ in range(12):  # over several compactions of the file system
        operations = 1
        while True:
            cut = count_and_fail(flash, 7, operations)
            inputs, _ = start(flash)
            now = [inputs.pulses(i) for i in range(4)]
            assert now in ([kept] * 4, [kept + 7] * 4), (now, kept, operations)
            backwards += now[0] < kept
            lost += not cut and now[0] != kept + 7
            kept = now[0]
            tried += cut
            if not cut:
                break
            operations += 1
    return [tried, lost, backwards, kept]


def wear(saves):
    """Keep the counters `saves` times; return how many erases of a block that took."""
    flash = Flash(12)
    vfs.VfsLfs2.mkfs(flash, progsize=256)
    _, board = start(flash)
    before = sum(flash.erases)
    for _ in range(saves):
        board.pulse_counters[0].pulses += 1
        for callback in board.warned:
            callback()
    return sum(flash.erases) - before
