"""What the board runs in an installation: `LIST` tells what is there, `RECEIVE` takes files.

The codes of host/updates/steps.py call what RECEIVE defines. Only what MicroPython has built in.
"""

SLOTS = ("a", "b")
OLD_FOLDERS = ("shared", "firmware", "boards")  # at the root, where older firmware was
BLOCK = 4096  # bytes of flash that are erased at once

# What the codes share. A board with a ROM partition (rp2, esp32: a block device whose content is in
# the address space) has the images of both slots in its halves.
COMMON = f"""
import os, json, hashlib, binascii, vfs
SLOTS, BLOCK = {SLOTS}, {BLOCK}
def hash_of(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        while True:
            piece = f.read(512)
            if not piece:
                return binascii.hexlify(h.digest()).decode()
            h.update(piece)
try:
    rom = vfs.rom_ioctl(2, 0)
    half = len(memoryview(rom)) // 2 & -BLOCK
except (AttributeError, TypeError):
    rom, half = None, 0
"""
# Runs on the board: prints what it is, which firmware it starts, path -> hash of our files, the
# size of a slot in ROM, and the slots that have an image there.
LIST = f"""{COMMON}
import sys
def hashes(folder, found):
    for name, kind, *_ in os.ilistdir("/" + folder):
        path = folder + "/" + name
        if kind & 0x4000:
            hashes(path, found)
        else:
            found[path] = hash_of("/" + path)
images = []
for slot in SLOTS if half else ():
    try:
        start = SLOTS.index(slot) * half
        image = vfs.VfsRom(memoryview(rom)[start:start + half])
    except OSError:
        continue
    try:
        vfs.umount("/" + slot)
    except OSError:
        pass
    vfs.mount(image, "/" + slot)
    images.append(slot)
files = {{}}
for name in ("main.py", "main.py.new"):
    try:
        files[name] = hash_of("/" + name)
    except OSError:
        pass
for folder in SLOTS + {OLD_FOLDERS}:
    try:
        hashes(folder, files)
    except OSError:
        pass
try:
    with open("/slot") as f:
        slot = f.read().split()
except OSError:
    slot = []
machine = sys.implementation._machine
print(json.dumps(dict(machine=machine, slot=slot, files=files, rom=half, images=images)))
"""
# Runs on the board before the files come. From here on a board that is left alone for 8 s, because
# the cable or the computer went, resets itself and starts the firmware it had.
RECEIVE = f'''{COMMON}
import machine
dog = machine.WDT(timeout=8300)
def begin(path):
    global file
    dog.feed()
    for i, c in enumerate(path):
        if c == "/":
            try:
                os.mkdir(path[:i])
            except OSError as error:
                if error.errno != 17:  # it is there
                    raise
    file = open(path, "wb")
def put(text):
    dog.feed()
    file.write(binascii.a2b_base64(text))
def end(path, wanted, how="installed "):
    file.close()
    dog.feed()
    if hash_of(path) != wanted:
        raise OSError("damaged on the way: " + path)
    print(how + path)
def add(source):
    with open("/" + source, "rb") as f:
        while True:
            piece = f.read(512)
            if not piece:
                break
            file.write(piece)
def copy(source, path, wanted):
    begin(path)
    add(source)
    end(path, wanted, "copied ")
def remove(paths):
    for path in paths:
        dog.feed()
        os.remove(path)
        print("removed " + path)
def start(words):
    with open("slot.new", "w") as f:
        f.write(words)
    os.rename("slot.new", "slot")
class Image:
    """Takes a slot's image like a file. A block of flash that has its bytes already stays.

    The first one comes last: without it there is no image, and half of one is never looked at.
    """
    def __init__(self, slot, size):
        self.slot, self.size, self.at = slot, size, 0
        self.start = SLOTS.index(slot) * half
        self.block, self.first = bytearray(BLOCK), None
        rom.ioctl(6, self.start // BLOCK)
    def write(self, data):
        data = memoryview(data)
        while len(data):
            at = self.at % BLOCK
            count = min(BLOCK - at, len(data))
            self.block[at:at + count] = data[:count]
            data = data[count:]
            self.at += count
            if self.at % BLOCK == 0 or self.at == self.size:
                self.take()
    def take(self):
        if self.first is None:
            self.first, self.block = self.block, bytearray(BLOCK)
        else:
            self.keep((self.at - 1) // BLOCK, self.block)
    def keep(self, number, block):
        dog.feed()
        start = self.start + number * BLOCK
        if memoryview(rom)[start:start + BLOCK] != block:
            rom.writeblocks(start // BLOCK, block)
        blocks = -(-self.size // BLOCK)
        print("written", number + 1, "of", blocks, "blocks of /" + self.slot)
    def end(self, wanted):
        h = hashlib.sha256(memoryview(self.first)[:self.size])
        h.update(memoryview(rom)[self.start + BLOCK:self.start + max(BLOCK, self.size)])
        if binascii.hexlify(h.digest()).decode() != wanted:
            raise OSError("damaged on the way: /" + self.slot)
        self.keep(0, self.first)
        if memoryview(rom)[self.start:self.start + BLOCK] != self.first:
            raise OSError("damaged in flash: /" + self.slot)
'''
