"""The codes of an installation, run by MicroPython on a flash whose power fails at any write.

After each cut the board must start whole firmware, the old or the new one, whether its slots are
folders in LittleFS or images in a ROM partition.
"""

import json
from typing import Any

import pytest

from host.updates.on_board import LIST
from host.updates.romfs import image
from host.updates.steps import TRIES, TooBigError, plan
from tests.fakes.small_python import ROOT, run_on_micropython

SHARED = {"shared/same.mpy": b"s" * 5000}
MAIN = (ROOT / "firmware" / "boot.py").read_bytes()
OLD = {"main.py": MAIN, "start.mpy": b"old", "firmware/gone.mpy": b"g" * 700, **SHARED}
NEW = {"main.py": MAIN, "start.mpy": b"new", "firmware/deep/er.mpy": b"n" * 9000, **SHARED}

ROM_BYTES = 2 * 8 * 4096

# A flash whose power fails at write number `fails_at`, for files and, from its block `rom_at` on,
# for a ROM partition; what MicroPython needs to be a board on it.
BOARD = """
import os, vfs, sys, json
class PowerFailure(Exception):
    pass
class Rom(memoryview):
    def ioctl(self, op, block):
        if op == 6:
            flash.writeblocks(block + flash.rom_at, b"\\xff" * 4096)
        return {4: len(memoryview(self)) // 4096, 5: 4096}.get(op, 0)
    def writeblocks(self, block, buffer):
        flash.writeblocks(block + flash.rom_at, buffer)
class Vfs:
    pass
for name in ("mount", "umount", "VfsRom"):
    setattr(Vfs, name, getattr(vfs, name))
sys.modules["vfs"] = Vfs
class Flash:
    def __init__(self, data):
        self.data, self.writes, self.fails_at = data, 0, None
        self.rom_at = len(data) // 4096
    def readblocks(self, block, buffer, offset=0):
        start = block * 4096 + offset
        buffer[:] = self.data[start:start + len(buffer)]
    def writeblocks(self, block, buffer, offset=0):
        if self.writes == self.fails_at:
            if block >= self.rom_at:  # erased, and written half way
                self.data[block * 4096:(block + 1) * 4096] = bytes(buffer[:2048]) + b"\\xff" * 2048
            raise PowerFailure
        self.writes += 1
        start = block * 4096 + offset
        self.data[start:start + len(buffer)] = buffer
    def ioctl(self, op, _arg):
        return {4: self.rom_at, 5: 4096}.get(op, 0)
class WDT:
    def __init__(self, timeout):
        pass
    def feed(self):
        pass
class Machine:
    pass
Machine.WDT = WDT
sys.modules["machine"] = Machine
def mount(data, fails_at=None, rom=0):
    "Start a board with this flash, of which the last `rom` bytes are the ROM partition."
    global flash
    for place in ("/a", "/b", "/"):
        try:
            vfs.umount(place)
        except OSError:
            pass
    flash = Flash(data)
    flash.fails_at = fails_at
    flash.rom_at -= rom // 4096
    segment = Rom(memoryview(data)[-rom:]) if rom else -22
    Vfs.rom_ioctl = lambda op, *_: segment
    try:
        fs = vfs.VfsLfs2(flash)
    except OSError:
        vfs.VfsLfs2.mkfs(flash)
        fs = vfs.VfsLfs2(flash)
    vfs.mount(fs, "/")
    os.chdir("/")
def run(codes):
    "Run what mpremote would run, in one namespace, quietly."
    space = {"print": lambda *words: None}
    for code in codes:
        exec(code, space)
def tree(folder):
    found = {}
    for name, kind, *_ in os.ilistdir(folder):
        path = folder + "/" + name
        if kind & 0x4000:
            found.update(tree(path))
        else:
            with open(path, "rb") as f:
                found[path] = f.read()
    return found
"""
CUT = """
codes_old, codes_new = json.loads({old!r}), json.loads({new!r})
data, rom = bytearray(4096 * 40), {rom}
mount(data, None, rom)
run(codes_old)
with open("/kept", "w") as f:
    f.write("readings")
with open("/slot", "w") as f:
    f.write({slot!r})
good = bytes(data)
source = {main!r}
space = {{"__name__": "board"}}
exec(source, space)
space["print"] = lambda *words: None
def started():
    "Which firmware main.py would start, told by its files."
    space["mount_rom"]()
    slot = space["choose"](space["load"]())
    files = {{path[3:]: data for path, data in tree("/" + slot).items()}}
    return files["start.mpy"].decode(), sorted(files)
seen = []
cut = 0
while True:
    mount(bytearray(good), cut, rom)
    space["mount_rom"]()  # as LIST does
    try:
        run(codes_new)
        done = True
    except PowerFailure:
        done = False
    mount(flash.data, None, rom)
    assert open("/kept").read() == "readings"
    seen.append(started())
    if done:
        break
    cut += 1
tell([cut, seen])
"""


def state(
    files: dict[str, bytes], slot: str, words: list[str], rom: int = 0, images: str = ""
) -> dict[str, Any]:
    """What LIST tells of a board with `files` in `slot`, and slots of `rom` bytes in ROM."""
    from hashlib import sha256

    found = {name if name == "main.py" else f"{slot}/{name}": d for name, d in files.items()}
    digests = {path: sha256(data).hexdigest() for path, data in found.items()}
    told = {"machine": "linux", "slot": words, "files": digests}
    return {**told, "rom": rom, "images": list(images)}


EMPTY = {"machine": "linux", "slot": [], "files": {}, "rom": 0, "images": []}
HALF = ROM_BYTES // 2


@pytest.mark.parametrize("words", [["a"], ["a", "2", "-"]])
@pytest.mark.parametrize(
    ("before", "after"), [(0, 0), (HALF, HALF), (0, HALF)], ids=["folders", "ROM", "folder to ROM"]
)
def test_a_power_cut_at_any_write_leaves_whole_firmware(before: int, after: int, words: list[str]):
    first = plan({**EMPTY, "rom": before}, OLD)
    second = plan(state(OLD, "a", words, after, "a" if before else ""), NEW)
    assert (first.slot, second.slot) == ("a", "b")
    code = BOARD + CUT.format(
        old=json.dumps(first.codes),
        new=json.dumps(second.codes),
        main=MAIN.decode(),
        slot=" ".join(words),
        rom=2 * after,
    )
    cuts, seen = run_on_micropython(code, heap="4m")
    assert cuts >= (6 if after else 20)
    whole = {
        "old": sorted(name for name in OLD if name != "main.py"),
        "new": sorted(name for name in NEW if name != "main.py"),
    }
    for version, files in seen:
        assert files == whole[version], f"mixed firmware would start: {files}"
    assert seen[0][0] == "old"
    assert seen[-1][0] == "new"


def test_what_the_other_slot_has_is_copied_on_the_board():
    todo = plan(state(OLD, "a", ["a"]), NEW)
    assert todo.copied == ["shared/same.mpy"]
    assert todo.sent == ["start.mpy", "firmware/deep/er.mpy"]
    assert not any("main.py" in code for code in todo.codes[1:])


@pytest.mark.parametrize("images", ["a", ""])
def test_what_the_other_slot_has_is_copied_into_an_image(images: str):
    todo = plan(state(OLD, "a", ["a"], HALF, images), NEW)
    assert (todo.slot, todo.copied) == ("b", ["shared/same.mpy"])
    assert todo.sent == ["firmware/deep/er.mpy", "start.mpy"]
    assert "add('a/shared/same.mpy')" in todo.codes


def test_firmware_in_a_folder_moves_into_rom_that_came():
    assert plan(state(NEW, "a", ["a"]), NEW).codes == []
    todo = plan(state(NEW, "a", ["a"], HALF), NEW)
    assert (todo.slot, todo.sent) == ("b", [])
    there = state(NEW, "a", ["b"], HALF, "b")
    there["files"] |= state(NEW, "b", ["b"])["files"]
    assert plan(there, NEW).codes == []
    assert "'a/start.mpy'" in plan(there, OLD).codes[1]  # the folder goes


def test_a_rom_that_is_too_small_is_not_used():
    todo = plan({**EMPTY, "rom": 8192}, NEW)
    assert not any("Image(" in code for code in todo.codes[1:])
    size = len(image({name: data for name, data in NEW.items() if name != "main.py"}))
    with pytest.raises(TooBigError, match=f"{size} bytes do not fit in the 8192"):
        plan(state(OLD, "a", ["a"], 8192, "ab"), NEW)


def test_a_damaged_image_is_no_image():
    first = plan({**EMPTY, "rom": HALF}, OLD)
    codes = [code.replace("put('", "put('AAAA") for code in first.codes[1:]]
    code = BOARD + (
        f"mount(bytearray(4096 * 40), None, {ROM_BYTES})\n"
        f"try:\n    run({[first.codes[0], *codes]!r})\nexcept OSError as e:\n    said = str(e)\n"
        "space = {'__name__': 'board'}\n"
        f"exec({MAIN.decode()!r}, space)\nspace['mount_rom']()\n"
        "tell([said, space['choose']([])])"
    )
    assert run_on_micropython(code, heap="4m") == ["damaged on the way: /a", None]


def test_the_firmware_in_use_is_not_installed_again():
    assert plan(state(NEW, "b", ["b"]), NEW).codes == []
    assert plan(state(NEW, "b", ["b", "1", "a"]), NEW).codes == []
    assert plan(state(OLD, "b", ["b", "1", "a"]), NEW).slot == "b"  # a is the good one


def test_a_board_of_before_the_slots_moves_into_one():
    old = {f"{name}": data for name, data in OLD.items()} | {"main.py": b"old main"}
    there = state(old, "a", [])
    there["files"] = {path.removeprefix("a/"): digest for path, digest in there["files"].items()}
    todo = plan(there, NEW)
    assert todo.slot == "a"
    assert todo.codes[-3:-1] == [f"start('a {TRIES} -')", "os.rename('main.py.new', 'main.py')"]
    assert "firmware/gone.mpy" in todo.codes[-1]
    assert "shared/same.mpy" in todo.codes[-1]


@pytest.mark.parametrize("rom", [0, HALF])
def test_the_board_tells_what_is_on_it(rom: int):
    code = BOARD + (
        f"mount(bytearray(4096 * 40), None, {2 * rom})\n"
        f"run({plan({**EMPTY, 'rom': rom}, OLD).codes!r})\n"
        "os.mkdir('/kept')\nopen('/kept/boot', 'w').close()\nopen('/mine.py', 'w').close()\n"
        f"said = []\nexec({LIST!r}, {{'print': said.append}})\ntell(json.loads(said[0]))"
    )
    told = run_on_micropython(code, heap="4m")
    assert told["machine"].startswith(("linux", "darwin"))
    assert told["slot"] == ["a", str(TRIES), "-"]
    assert told["files"] == state(OLD, "a", [])["files"]
    assert (told["rom"], told["images"]) == (rom, ["a"] if rom else [])
