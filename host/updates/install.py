"""Installs built firmware on a board through mpremote: what changed, and nothing else.

The board is asked for the hashes of its files; what differs is sent and kept aside under another
name, checked there by its hash, and put in place only when all of it is on the board. Then what no
longer belongs is removed and the board is reset. Files of other folders, such as the readings, are
never touched.
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

FOLDERS = ("shared", "firmware", "boards")
PIECE = 3072  # bytes of a file sent at once: what a board with little memory can still compile
TIMEOUT_S = 120

# Runs on the board: prints path -> hash of every file in our folders, leftovers included.
LIST = """
import os, json, hashlib, binascii
def hashes(folder, found):
    for name, kind, *_ in os.ilistdir(folder or "/"):
        path = folder + name if not folder else folder + "/" + name
        if kind & 0x4000:
            if folder or name in {folders}:
                hashes(path, found)
        elif folder or name in ("main.py", "main.py.new"):
            h = hashlib.sha256()
            with open(path, "rb") as f:
                h.update(f.read())
            found[path] = binascii.hexlify(h.digest()).decode()
    return found
print(json.dumps(hashes("", {{}})))
"""
# Runs on the board before the files come.
RECEIVE = """
import os, hashlib, binascii
new = []
def begin(path):
    global file, digest
    for i, c in enumerate(path):
        if c == "/":
            try:
                os.mkdir(path[:i])
            except OSError:
                pass
    file = open(path + ".new", "wb")
    digest = hashlib.sha256()
def put(text):
    data = binascii.a2b_base64(text)
    digest.update(data)
    file.write(data)
def end(path, wanted):
    file.close()
    if binascii.hexlify(digest.digest()).decode() != wanted:
        raise OSError("damaged on the way: " + path)
    new.append(path)
    print("installed " + path)
def finish(stale):
    for path in new:
        os.rename(path + ".new", path)
    for path in stale:
        os.remove(path)
        print("removed " + path)
    if hasattr(os, "sync"):
        os.sync()
"""


class InstallError(Exception):
    """The firmware was not installed; the text names the port and the next step."""


def install(port: str, files: dict[str, Path], report: Callable[[str], None]) -> int:
    """Make the board at `port` run `files` (board path -> file); return how many were sent.

    `port` is a serial port, or tcp://HOST:PORT; `report` gets a line of progress now and then.
    The board runs its main.py again afterwards, also when nothing had to be sent. InstallError when
    the port is not there or in use, the board does not answer, or its flash is full.
    """
    wanted = {path: file.read_bytes() for path, file in files.items()}
    digests = {path: hashlib.sha256(data).hexdigest() for path, data in wanted.items()}
    there: dict[str, str] = json.loads(_mpremote(port, _exec(LIST.format(folders=FOLDERS))))
    changed = [path for path in wanted if there.get(path) != digests[path]]
    stale = sorted(there.keys() - wanted.keys())
    steps: list[str] = ["resume"]
    if changed or stale:
        size = sum(len(wanted[path]) for path in changed)
        report(f"installing {len(changed)} of {len(files)} files ({size} bytes) on {port}")
        steps += _exec(RECEIVE)
        for path in changed:
            steps += _exec(*_pieces(path, wanted[path], digests[path]))
        steps += _exec(f"finish({stale!r})")
    else:
        report(f"{port} has this firmware already")
    _mpremote(port, [*steps, "+", "reset"], report)
    return len(changed)


def _pieces(path: str, data: bytes, digest: str) -> list[str]:
    pieces = [data[start : start + PIECE] for start in range(0, len(data), PIECE)]
    puts = [f"put({base64.b64encode(piece).decode()!r})" for piece in pieces]
    return [f"begin({path!r})", *puts, f"end({path!r}, {digest!r})"]


def _exec(*codes: str) -> list[str]:
    """Return mpremote's words for running `codes` one after the other."""
    return [word for code in codes for word in ("+", "exec", code)]


def _mpremote(port: str, steps: list[str], report: Callable[[str], None] | None = None) -> str:
    """Run one mpremote session; return what it printed, also told line by line to `report`."""
    if "://" not in port and not os.path.exists(port):
        raise InstallError(f"serial port {port} is not there: is the board plugged in?")
    address = port.replace("tcp://", "socket://")
    command = [sys.executable, "-m", "mpremote", "connect", address, *steps]
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=TIMEOUT_S, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise InstallError(
            f"the board at {port} does not answer: press its reset button and try again"
        ) from None
    if done.returncode:
        raise InstallError(_explain(port, (done.stderr + done.stdout).strip()))
    if report:
        for line in done.stdout.splitlines():
            report(line)
    return done.stdout


def _explain(port: str, output: str) -> str:
    last = output.splitlines()[-1] if output else "mpremote said nothing"
    if "in use" in last:
        return f"serial port {port} is in use: stop the program that holds it (mbuslink itself?)"
    if "ENOSPC" in output or "Errno 28" in output:
        return f"the flash of the board at {port} is full: remove files of your own from it"
    return f"mpremote could not install on {port}: {last}"
