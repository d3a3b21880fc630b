"""Installs built firmware on a board through mpremote: what changed, and nothing else.

The board has two slots, /a and /b (firmware/boot.py). New firmware goes into the one that is not in
use: what that slot has already stays, what the other one has is copied on the board, the rest is
sent; all is read back and its hash compared. Only when all of it is right one
line in /slot makes the board try it; cut off at any moment before, the board has the firmware it
had. Three starts that fail bring the old one back. Other folders, such as the readings and the
settings, are never touched.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host.updates.on_board import LIST
from host.updates.steps import PROGRESS, TooBigError, plan

TIMEOUT_S = 30  # without a line of progress: a file is sent in a few seconds


class InstallError(Exception):
    """The firmware was not installed; the text names the port and the next step."""


@dataclass(frozen=True)
class Done:
    """What an installation did: the slot, and how many files were sent and copied there."""

    slot: str
    sent: int
    copied: int


def install(
    port: str,
    files: dict[str, Path],
    report: Callable[[str], None],
    machines: Sequence[str] = ("",),
) -> Done:
    """Make the board at `port` run `files` (as `build` returns them); return what was done.

    `port` is a serial port, or tcp://HOST:PORT; `report` gets a line of progress now and then.
    The board starts again afterwards, also when nothing had to be sent. InstallError when the port
    is not there or in use, the board does not answer, its `sys.implementation._machine` begins with
    none of `machines`, or its flash or ROM is full: it then goes on with the firmware it had.
    """
    contents = {path: file.read_bytes() for path, file in files.items()}
    state = _state(port)
    if not state["machine"].startswith(tuple(machines)):
        with contextlib.suppress(InstallError):
            _mpremote(port, ["resume", "reset"])
        raise InstallError(
            f"the board at {port} says it is {state['machine']!r}, this firmware is for "
            f"{' or '.join(machines)}: take another --board, or --force"
        )
    try:
        todo = plan(state, contents)
    except TooBigError as error:
        with contextlib.suppress(InstallError):
            _mpremote(port, ["resume", "reset"])
        raise InstallError(
            f"the firmware for the board at {port} is too big: {error}; give it a MicroPython with"
            " a bigger one (boards/README.md)"
        ) from error
    if todo.codes:
        size = sum(len(contents[path]) for path in todo.sent)
        report(
            f"installing in /{todo.slot} of {port}: {len(todo.sent)} of {len(files)} files sent"
            f" ({size} bytes), {len(todo.copied)} copied there"
        )
    else:
        report(f"{port} has this firmware already")
    try:
        _mpremote(port, ["resume", *_exec(*todo.codes), "+", "reset"], report)
    except InstallError:
        with contextlib.suppress(InstallError):
            _mpremote(port, ["resume", "reset"])  # back to the firmware it had
        raise
    return Done(todo.slot, len(todo.sent), len(todo.copied))


def _state(port: str) -> dict[str, Any]:
    """Return what the board says of itself and its slots.

    A board that is just starting may miss the Ctrl-C that mpremote sends: it is asked once more.
    """
    try:
        said = _mpremote(port, _exec(LIST))
    except InstallError as error:
        if "raw repl" not in str(error):
            raise
        said = _mpremote(port, _exec(LIST))
    return json.loads(said.splitlines()[-1])


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
        patience = _patience(process)
        for line in process.stdout or ():
            patience.cancel()
            patience = _patience(process)
            said.append(line.rstrip())
            if report and line.startswith(PROGRESS):
                report(said[-1])
        patience.cancel()
    if process.returncode < 0:
        raise InstallError(
            f"the board at {port} does not answer: press its reset button and try again"
        )
    if process.returncode:
        raise InstallError(_explain(port, said))
    return "\n".join(said)


def _patience(process: subprocess.Popen[str]) -> threading.Timer:
    """End `process` when it says nothing for too long: the board is gone."""
    timer = threading.Timer(TIMEOUT_S, process.kill)
    timer.start()
    return timer


def _explain(port: str, said: list[str]) -> str:
    last = said[-1] if said else "mpremote said nothing"
    if "in use" in last:
        return f"serial port {port} is in use: stop the program that holds it (mbuslink itself?)"
    if last.endswith(("ENOSPC", "OSError: 28")):
        return f"the flash of the board at {port} is full: remove files of your own from it"
    return f"mpremote could not install on {port}: {last}"
