"""A LittleFS image as a board's flash holds it, made by real MicroPython (the Unix port)."""

import subprocess
from pathlib import Path

BLOCK = 4096

# Runs on MicroPython: the image's path, the count of blocks, then pairs of (name, file to copy).
CODE = """
import os, sys, vfs

class Memory:
    def __init__(self, count):
        self.data = bytearray(b"\\xff" * (count * 4096))

    def readblocks(self, block, buffer, offset=0):
        at = block * 4096 + offset
        buffer[:] = self.data[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=None):
        at = block * 4096 + (offset or 0)
        self.data[at : at + len(buffer)] = buffer

    def ioctl(self, op, _):
        return {4: len(self.data) // 4096, 5: 4096}.get(op, 0)

memory = Memory(int(sys.argv[2]))
vfs.VfsLfs2.mkfs(memory, progsize=256)
files = vfs.VfsLfs2(memory, progsize=256)
for name, source in zip(sys.argv[3::2], sys.argv[4::2]):
    for i, c in enumerate(name):
        if c == "/":
            try:
                files.mkdir(name[:i])
            except OSError:
                pass
    with open(source, "rb") as file, files.open(name, "wb") as copy:
        copy.write(file.read())
files.umount()
with open(sys.argv[1], "wb") as file:
    file.write(memory.data)
"""


def littlefs(files: dict[str, Path], blocks: int, folder: Path) -> bytes:
    """Return an image of `blocks` x 4096 bytes with `files` (path on the board -> file here).

    `folder` is a place for the work.
    """
    script, image = folder / "littlefs.py", folder / "flash.img"
    script.write_text(CODE)
    pairs = [str(word) for pair in files.items() for word in pair]
    command = ["micropython", "-X", "heapsize=16m", str(script), str(image), str(blocks), *pairs]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return image.read_bytes()
