"""The steps of an installation, as code that the board runs: pure, so that a test may cut them off.

`plan` makes of what `on_board.LIST` tells and of the new firmware the codes to run in this order.
The slot in use is never written to. A slot is an image in one half of the board's ROM partition
where that has the room, a folder of files elsewhere.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from host.updates import romfs
from host.updates.on_board import OLD_FOLDERS, RECEIVE, SLOTS

TRIES = 3  # starts that a new firmware has to prove itself
PIECE = 3072  # bytes of a file sent at once: what a board with little memory can still compile
PROGRESS = ("installed ", "copied ", "removed ", "written ")  # how lines of progress begin


class TooBigError(Exception):
    """The firmware outgrew the slots in ROM; the text tells both sizes."""


@dataclass(frozen=True)
class Plan:
    """slot: where the firmware goes; sent, copied: names of files; codes: what the board runs."""

    slot: str
    sent: list[str]
    copied: list[str]
    codes: list[str]


def plan(state: dict[str, Any], contents: Mapping[str, bytes]) -> Plan:
    """Return the steps that bring `contents` (name -> bytes) to a board in `state` (of LIST).

    There are none when the firmware that the board starts is this already. TooBigError when it does
    not fit in a slot that is an image in ROM.
    """
    there: dict[str, str] = state["files"]
    wanted = {path: sha256(data).hexdigest() for path, data in contents.items()}
    main = wanted.pop("main.py")
    in_use, good = _slots(state["slot"], there)
    old = [path for path in there if path.split("/")[0] in OLD_FOLDERS or path == "main.py.new"]
    firmware = {name: contents[name] for name in wanted}
    size = len(romfs.image(firmware))
    in_place = (in_use in state["images"]) == (size <= state["rom"])
    is_main = there.get("main.py") == main
    if not old and is_main and in_place and _is_there(wanted, in_use, there):
        return Plan(in_use, [], [], [])
    slot = next(slot for slot in SLOTS if slot != good)
    if size > state["rom"] and slot in state["images"]:
        raise TooBigError(f"{size} bytes do not fit in the {state['rom']} of a slot in its ROM")
    way = _as_image if size <= state["rom"] else _as_files
    sent, copied, codes = way(slot, good, firmware, state)
    if not is_main:
        sent.append("main.py")
        codes += _pieces("main.py.new", contents["main.py"], main)
    # Each of these lines leaves a board that starts: the old main.py knows no slots.
    codes.append(f"start('{slot} {TRIES} {good}')")
    if not is_main:
        codes.append("os.rename('main.py.new', 'main.py')")
    codes.append(f"remove({[path for path in old if path != 'main.py.new']!r})")
    return Plan(slot, sent, copied, [RECEIVE, *codes])


Way = tuple[list[str], list[str], list[str]]  # names of files sent, of files copied, and the codes


def _as_files(slot: str, good: str, firmware: Mapping[str, bytes], state: dict[str, Any]) -> Way:
    """Bring `firmware` into the folder `slot`: what is there already stays."""
    there: dict[str, str] = state["files"]
    stale = [path for path in _files(slot, there) if path[2:] not in firmware]
    sent: list[str] = []
    copied: list[str] = []
    codes = [f"remove({stale!r})"]
    for name, data in firmware.items():
        path, other, digest = f"{slot}/{name}", f"{good}/{name}", sha256(data).hexdigest()
        if there.get(path) == digest:
            continue
        if there.get(other) == digest:
            copied.append(name)
            codes.append(f"copy({other!r}, {path!r}, {digest!r})")
        else:
            sent.append(name)
            codes += _pieces(path, data, digest)
    return sent, copied, codes


def _as_image(slot: str, good: str, firmware: Mapping[str, bytes], state: dict[str, Any]) -> Way:
    """Bring `firmware` as an image into the half `slot` of the ROM, from its start to its end."""
    there: dict[str, str] = state["files"]
    stale = [] if slot in state["images"] else _files(slot, there)  # from when it was a folder
    image = romfs.image(firmware)
    sent: list[str] = []
    copied: list[str] = []
    codes = [f"remove({stale!r})", f"file = Image({slot!r}, {len(image)})"]
    waiting = b""
    for piece in romfs.layout(firmware):
        if isinstance(piece, bytes):
            waiting += piece
        elif there.get(f"{good}/{piece}") == sha256(firmware[piece]).hexdigest():
            copied.append(piece)
            codes += [*_puts(waiting), f"add('{good}/{piece}')"]
            waiting = b""
        else:
            sent.append(piece)
            waiting += firmware[piece]
    codes += [*_puts(waiting), f"file.end({sha256(image).hexdigest()!r})"]
    return sent, copied, codes


def _files(slot: str, there: Iterable[str]) -> list[str]:
    return [path for path in there if path.startswith(f"{slot}/")]


def _slots(words: list[str], there: Iterable[str]) -> tuple[str, str]:
    """Return (the slot that the board starts, the slot to keep): "-" for none."""
    if len(words) == 3:
        return words[0], words[2] if words[2] in SLOTS else words[0]
    if words and words[0] in SLOTS:
        return words[0], words[0]
    found = next((slot for slot in SLOTS if _files(slot, there)), "-")
    return found, found


def _is_there(wanted: dict[str, str], slot: str, there: dict[str, str]) -> bool:
    mine = {path[2:]: digest for path, digest in there.items() if path.startswith(f"{slot}/")}
    return mine == wanted


def _pieces(path: str, data: bytes, digest: str) -> list[str]:
    return [f"begin({path!r})", *_puts(data), f"end({path!r}, {digest!r})"]


def _puts(data: bytes) -> list[str]:
    pieces = [data[start : start + PIECE] for start in range(0, len(data), PIECE)]
    return [f"put({base64.b64encode(piece).decode()!r})" for piece in pieces]
