"""Installs built firmware on a board through mpremote: what changed, and nothing else.

The board is asked for the hashes of its files; what differs is sent and kept aside under another
name, checked there by its hash, and put in place only when all of it is on the board. Then what no
longer belongs is removed and the board is reset. Files of other folders, such as the readings, are
never touched.
"""

import base64
import contextlib
import hashlib
import json
import os
import subprocess
import sys
import threading
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
def put_in_place():
    for path in new:
        os.rename(path + ".new", path)
def remove(paths):
    for path in paths:
        os.remove(path)
        print("removed " + path)
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
        # What a broken-off try left goes first: the flash may be full of it.
        leftovers = [path for path in stale if path.endswith(".new")]
        steps += _exec(RECEIVE, f"remove({leftovers!r})")
        for path in changed:
            steps += _exec(*_pieces(path, wanted[path], digests[path]))
        steps += _exec("put_in_place()", f"remove({sorted({*stale} - {*leftovers})!r})")
    else:
        report(f"{port} has this firmware already")
    try:
        _mpremote(port, [*steps, "+", "reset"], report)
    except InstallError:
        with contextlib.suppress(InstallError):
            _mpremote(port, ["resume", "reset"])  # back to the firmware it had
        raise
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
    said: list[str] = []
    with subprocess.Popen(  # noqa: S603
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as process:
        patience = threading.Timer(TIMEOUT_S, process.kill)
        patience.start()
        for line in process.stdout or ():
            said.append(line.rstrip())
            if report and line.startswith(("installed ", "removed ")):
                report(said[-1])
    patience.cancel()
    if process.returncode < 0:
        raise InstallError(
            f"the board at {port} does not answer: press its reset button and try again"
        )
    if process.returncode:
        raise InstallError(_explain(port, said))
    return "\n".join(said)


def _explain(port: str, said: list[str]) -> str:
    last = said[-1] if said else "mpremote said nothing"
    if "in use" in last:
        return f"serial port {port} is in use: stop the program that holds it (mbuslink itself?)"
    if last.endswith(("ENOSPC", "OSError: 28")):
        return f"the flash of the board at {port} is full: remove files of your own from it"
    return f"mpremote could not install on {port}: {last}"
