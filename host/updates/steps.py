"""The steps of an installation, as code that the board runs: pure, so that a test may cut them off.

`LIST` tells what is on the board; `plan` makes of that and of the new firmware the codes to run in
this order. The slot in use is never written to.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

SLOTS = ("a", "b")
OLD_FOLDERS = ("shared", "firmware", "boards")  # at the root, where older firmware was
TRIES = 3  # starts that a new firmware has to prove itself
PIECE = 3072  # bytes of a file sent at once: what a board with little memory can still compile
PROGRESS = ("installed ", "copied ", "removed ")  # how lines of progress begin

# Runs on the board: prints what it is, which firmware it starts, and path -> hash of our files.
LIST = f"""
import os, sys, json, hashlib, binascii
def hash_of(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        while True:
            piece = f.read(512)
            if not piece:
                return binascii.hexlify(h.digest()).decode()
            h.update(piece)
def hashes(folder, found):
    for name, kind, *_ in os.ilistdir(folder or "/"):
        path = folder + "/" + name if folder else name
        if kind & 0x4000:
            if folder or name in {SLOTS + OLD_FOLDERS}:
                hashes(path, found)
        elif folder or name in ("main.py", "main.py.new"):
            found[path] = hash_of(path)
    return found
try:
    with open("slot") as f:
        slot = f.read().split()
except OSError:
    slot = []
machine = sys.implementation._machine
print(json.dumps({{"machine": machine, "slot": slot, "files": hashes("", {{}})}}))
"""
# Runs on the board before the files come. From here on a board that is left alone for 8 s, because
# the cable or the computer went, resets itself and starts the firmware it had.
RECEIVE = """
import os, hashlib, binascii, machine
dog = machine.WDT(timeout=8300)
def hash_of(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        while True:
            piece = f.read(512)
            if not piece:
                return binascii.hexlify(h.digest()).decode()
            h.update(piece)
def begin(path):
    global file
    dog.feed()
    for i, c in enumerate(path):
        if c == "/":
            try:
                os.mkdir(path[:i])
            except OSError:
                pass
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
def copy(source, path, wanted):
    begin(path)
    with open(source, "rb") as f:
        while True:
            piece = f.read(512)
            if not piece:
                break
            file.write(piece)
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
"""


@dataclass(frozen=True)
class Plan:
    """slot: where the firmware goes; sent, copied: names of files; codes: what the board runs."""

    slot: str
    sent: list[str]
    copied: list[str]
    codes: list[str]


def plan(state: dict[str, Any], contents: dict[str, bytes]) -> Plan:
    """Return the steps that bring `contents` (name -> bytes) to a board in `state` (of LIST).

    There are none when the firmware that the board starts is this already.
    """
    there: dict[str, str] = state["files"]
    wanted = {path: sha256(data).hexdigest() for path, data in contents.items()}
    main = wanted.pop("main.py")
    in_use, good = _slots(state["slot"], there)
    old = [path for path in there if path.split("/")[0] in OLD_FOLDERS or path == "main.py.new"]
    if not old and there.get("main.py") == main and _is_there(wanted, in_use, there):
        return Plan(in_use, [], [], [])
    slot = next(slot for slot in SLOTS if slot != good)
    stale = [path for path in there if path.startswith(f"{slot}/") and path[2:] not in wanted]
    codes = [RECEIVE, f"remove({stale!r})"]
    sent: list[str] = []
    copied: list[str] = []
    for name, digest in wanted.items():
        path, other = f"{slot}/{name}", f"{good}/{name}"
        if there.get(path) == digest:
            continue
        if there.get(other) == digest:
            copied.append(name)
            codes.append(f"copy({other!r}, {path!r}, {digest!r})")
        else:
            sent.append(name)
            codes += _pieces(path, contents[name], digest)
    if there.get("main.py") != main:
        sent.append("main.py")
        codes += _pieces("main.py.new", contents["main.py"], main)
    # Each of these lines leaves a board that starts: the old main.py knows no slots.
    codes.append(f"start('{slot} {TRIES} {good}')")
    if there.get("main.py") != main:
        codes.append("os.rename('main.py.new', 'main.py')")
    codes.append(f"remove({[path for path in old if path != 'main.py.new']!r})")
    return Plan(slot, sent, copied, codes)


def _slots(words: list[str], there: Iterable[str]) -> tuple[str, str]:
    """Return (the slot that the board starts, the slot to keep): "-" for none."""
    if len(words) == 3:
        return words[0], words[2] if words[2] in SLOTS else words[0]
    if words and words[0] in SLOTS:
        return words[0], words[0]
    found = next((slot for slot in SLOTS if any(p.startswith(f"{slot}/") for p in there)), "-")
    return found, found


def _is_there(wanted: dict[str, str], slot: str, there: dict[str, str]) -> bool:
    mine = {path[2:]: digest for path, digest in there.items() if path.startswith(f"{slot}/")}
    return mine == wanted


def _pieces(path: str, data: bytes, digest: str) -> list[str]:
    pieces = [data[start : start + PIECE] for start in range(0, len(data), PIECE)]
    puts = [f"put({base64.b64encode(piece).decode()!r})" for piece in pieces]
    return [f"begin({path!r})", *puts, f"end({path!r}, {digest!r})"]
