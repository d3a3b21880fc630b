"""Keeps the host's processes running: starts them, restarts one that dies, stops all of them.

A child that dies after it was ready is started again with a growing pause. One that says that no
restart will help (`EXIT_HOPELESS`), or that ends five times before it was ever ready, ends the
host with a message. When the supervisor itself is killed, the kernel tells the children to stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

EXIT_HOPELESS = 78
"""Exit status of a child that no restart will help (EX_CONFIG of sysexits.h)."""

_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
_STEADY_S = 60.0
"""A child that ran this long begins again with the shortest pause."""
_MOST_FALSE_STARTS = 5
_STOP_S = 5.0
_POLL_S = 0.05
_PR_SET_PDEATHSIG = 1
_STANDARD_ERROR = 2  # file descriptor

_log = structlog.get_logger(__name__)
_libc: ctypes.CDLL | None = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep. is_ready(): tells whether it serves; log: where its log is, for messages.

    argv is what follows the Python that runs us.
    """

    name: str
    argv: Sequence[str]
    is_ready: Callable[[], Awaitable[bool]]
    log: Path


class Supervisor:
    """Runs `children`; `on_ready` is called once when all of them are ready."""

    def __init__(self, children: Sequence[Child], on_ready: Callable[[], None]) -> None:
        self._children = children
        self._on_ready = on_ready
        self._ready: set[str] = set()
        self._told = False
        self._stop = asyncio.Event()
        self._failure: str | None = None

    async def run(self) -> int:
        """Return the exit status: 0 when told to stop by SIGTERM or SIGINT, 1 after a failure."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        await asyncio.gather(*(self._keep(child) for child in self._children))
        if self._failure is not None:
            print(f"mbuslink: {self._failure}", file=sys.stderr)
            return 1
        return 0

    async def _keep(self, child: Child) -> None:
        """Have `child` running until told to stop."""
        tries = false_starts = 0
        while not self._stop.is_set():
            began = time.monotonic()
            process = await _start(child)
            _log.info("started", child=child.name, pid=process.pid)
            ready = await self._watch(child, process)
            if self._stop.is_set():
                return
            status = process.returncode
            _log.error("ended by itself", child=child.name, status=_words(status))
            if status == EXIT_HOPELESS:
                self._fail(f"the {child.name} cannot run; its message stands above")
                return
            false_starts = 0 if ready else false_starts + 1
            if false_starts >= _MOST_FALSE_STARTS:
                self._fail(
                    f"the {child.name} ended {false_starts} times right after its start"
                    f" ({_words(status)}); the reason is in {child.log}"
                )
                return
            tries = 0 if time.monotonic() - began > _STEADY_S else tries + 1
            await self._pause(_PAUSES_S[min(tries, len(_PAUSES_S)) - 1])

    async def _watch(self, child: Child, process: asyncio.subprocess.Process) -> bool:
        """Wait for the end of `process`, or stop it when told to; tell whether it was ready."""
        ended = asyncio.create_task(process.wait())
        told = asyncio.create_task(self._stop.wait())
        ready = False
        while not ended.done() and not told.done():
            if not ready and (ready := await child.is_ready()):
                self._note_ready(child)
            timeout = None if ready else _POLL_S
            await asyncio.wait((ended, told), timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if not ended.done():
            process.terminate()
            await asyncio.wait((ended,), timeout=_STOP_S)
        if not ended.done():
            _log.warning("killed, it did not stop", child=child.name)
            process.kill()
        await ended
        return ready

    def _note_ready(self, child: Child) -> None:
        self._ready.add(child.name)
        if len(self._ready) == len(self._children) and not self._told:
            self._told = True
            self._on_ready()

    def _fail(self, message: str) -> None:
        self._failure = self._failure or message
        self._stop.set()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()


async def _start(child: Child) -> asyncio.subprocess.Process:
    """Start the child in a session of its own: Ctrl-C is for us, we pass it on."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *child.argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=_STANDARD_ERROR,  # ours holds the ready line and nothing else
        start_new_session=True,
        preexec_fn=_stop_with_parent if _libc is not None else None,
    )


def _stop_with_parent() -> None:
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _words(status: int | None) -> str:
    """Return an exit status in words."""
    if status is not None and status < 0:
        return f"signal {signal.Signals(-status).name}"
    return f"exit status {status}"
