"""The codes of an installation, run by MicroPython on a LittleFS whose power fails at any write.

After each cut the board must start whole firmware, the old or the new one, and a second try must
end with the new one.
"""

import json
from typing import Any

import pytest

from host.updates.steps import LIST, TRIES, plan
from tests.fakes.small_python import ROOT, run_on_micropython

SHARED = {"shared/same.mpy": b"s" * 5000}
MAIN = (ROOT / "firmware" / "boot.py").read_bytes()
OLD = {"main.py": MAIN, "start.mpy": b"old", "firmware/gone.mpy": b"g" * 700, **SHARED}
NEW = {"main.py": MAIN, "start.mpy": b"new", "firmware/deep/er.mpy": b"n" * 9000, **SHARED}

# A flash whose power fails at write number `fails_at`; what MicroPython needs to be a board on it.
BOARD = """
import os, vfs, sys, json
class PowerFailure(Exception):
    pass
class Flash:
    def __init__(self, data):
        self.data, self.writes, self.fails_at = data, 0, None
    def readblocks(self, block, buffer, offset=0):
        start = block * 4096 + offset
        buffer[:] = self.data[start:start + len(buffer)]
    def writeblocks(self, block, buffer, offset=0):
        if self.writes == self.fails_at:
            raise PowerFailure
        self.writes += 1
        start = block * 4096 + offset
        self.data[start:start + len(buffer)] = buffer
    def ioctl(self, op, _arg):
        return {4: len(self.data) // 4096, 5: 4096}.get(op, 0)
class WDT:
    def __init__(self, timeout):
        pass
    def feed(self):
        pass
class Machine:
    pass
Machine.WDT = WDT
sys.modules["machine"] = Machine
def mount(data, fails_at=None):
    global flash
    try:
        vfs.umount("/")
    except OSError:
        pass
    flash = Flash(data)
    flash.fails_at = fails_at
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
data = bytearray(4096 * 40)
mount(data)
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
    slot = space["choose"](space["load"]())
    files = {{path[3:]: data for path, data in tree("/" + slot).items()}}
    return files["start.mpy"].decode(), sorted(files)
seen = []
cut = 0
while True:
    mount(bytearray(good), cut)
    try:
        run(codes_new)
        done = True
    except PowerFailure:
        done = False
    mount(flash.data)
    assert open("/kept").read() == "readings"
    seen.append(started())
    if done:
        break
    cut += 1
tell([cut, seen])
"""


def state(files: dict[str, bytes], slot: str, words: list[str]) -> dict[str, Any]:
    """What LIST tells of a board with `files` in `slot`."""
    from hashlib import sha256

    found = {name if name == "main.py" else f"{slot}/{name}": d for name, d in files.items()}
    digests = {path: sha256(data).hexdigest() for path, data in found.items()}
    return {"machine": "linux", "slot": words, "files": digests}


EMPTY = {"machine": "linux", "slot": [], "files": {}}


@pytest.mark.parametrize("words", [["a"], ["a", "2", "-"]])
def test_a_power_cut_at_any_write_leaves_whole_firmware(words: list[str]):
    first = plan(EMPTY, OLD)
    second = plan(state(OLD, "a", words), NEW)
    assert (first.slot, second.slot) == ("a", "b")
    code = BOARD + CUT.format(
        old=json.dumps(first.codes),
        new=json.dumps(second.codes),
        main=MAIN.decode(),
        slot=" ".join(words),
    )
    cuts, seen = run_on_micropython(code, heap="4m")
    assert cuts > 20
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


def test_the_board_tells_what_is_on_it():
    code = BOARD + (
        "mount(bytearray(4096 * 40))\n"
        f"run({plan(EMPTY, OLD).codes!r})\n"
        "os.mkdir('/kept')\nopen('/kept/boot', 'w').close()\nopen('/mine.py', 'w').close()\n"
        f"said = []\nexec({LIST!r}, {{'print': said.append}})\ntell(json.loads(said[0]))"
    )
    told = run_on_micropython(code, heap="4m")
    assert told["machine"].startswith(("linux", "darwin"))
    assert told["slot"] == ["a", str(TRIES), "-"]
    assert told["files"] == state(OLD, "a", [])["files"]
