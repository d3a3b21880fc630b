"""Exports that run by themselves: a file in DATA/exports, made by a process of its own.

The core starts `python -m host export` and follows it; nothing of an export runs in the core's
loop, and a readout does not wait for one. One runs at a time, at low priority; the newest few files
are kept to be fetched. What a core that was killed left unfinished is removed at the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from host.core.events import Events, ExportChanged
from host.core.journal import Clock, utc_now
from host.core.notes import note
from host.core.services import EXPORT_FILE, EXPORTS
from host.settings.accounts import COMMAND_LINE
from host.store.tables import from_ms, to_ms
from host.store.writer import Writer
from shared.errors import BadSetting, Busy
from shared.mbus.addresses import parse_address

KEPT = 5
"""So many files stay; the oldest goes when another export begins."""

STATUS_FULL = 3
"""With this status `python -m host export` ends where the disk is full."""

_ROOT = Path(__file__).resolve().parents[2]
_STOP_S = 10.0
_WANTED = "wanted.json"
"""Beside the file: what was asked for, for a core that starts later."""
_TOLD = ("kind", "meters", "medium", "since_ms", "until_ms")

_log = structlog.get_logger(__name__)


@dataclass
class _Job:
    """One export. state: "running", "done", "failed" or "stopped"; done, total: its progress.

    wanted: what was asked for, as far as `_told` tells it.
    """

    number: int
    started_ms: int
    wanted: Mapping[str, Any] = field(default_factory=dict[str, Any])
    state: str = "running"
    done: int = 0
    total: int = 0
    error_key: str | None = None
    error: str | None = None


class Exports:
    """The exports of the data folder `data`; tells `events` how they go.

    writer: writes down who began and deleted one; None: nobody does.
    """

    def __init__(
        self, data: Path, events: Events, writer: Writer | None = None, clock: Clock = utc_now
    ) -> None:
        self._writer = writer
        self._data = data
        self._events = events
        self._clock = clock
        self._jobs: dict[int, _Job] = {}
        self._running: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._find()

    def handlers(self) -> Mapping[str, Any]:
        """Return the services that are answered here."""
        return {
            "export.start": self._start,
            "export.list": self._list,
            "export.stop": self._stop,
            "export.delete": self._delete,
        }

    async def close(self) -> None:
        """End the export under way; its file is not kept."""
        for job in self._jobs.values():
            await self._halt(job)

    def _find(self) -> None:
        """Learn which files are there; remove what was not finished."""
        for folder in sorted((self._data / EXPORTS).glob("*")):
            file = folder / EXPORT_FILE
            if folder.name.isdecimal() and file.exists():
                number = int(folder.name)
                started_ms = int(folder.stat().st_ctime * 1000)
                wanted = _kept(folder / _WANTED)
                self._jobs[number] = _Job(number, started_ms, wanted, "done")
            else:
                shutil.rmtree(folder, ignore_errors=True)

    async def _start(self, who: str = COMMAND_LINE, **wanted: Any) -> dict[str, Any]:
        if self._running is not None:
            raise Busy("an export is under way; wait for its end or stop it")
        options = _options(**wanted)
        job = _Job(max(self._jobs, default=0) + 1, to_ms(self._clock()), _told(**wanted))
        self._jobs[job.number] = job
        self._running = asyncio.create_task(self._run(job, options), name="export")
        self._tell(job)
        await self._note(who, "export.started", job.number)
        return {"number": job.number}

    async def _list(self) -> dict[str, Any]:
        return {"exports": [self._line(job) for job in reversed(self._jobs.values())]}

    async def _stop(self, number: int, who: str = COMMAND_LINE) -> dict[str, Any]:
        job = self._job(number)
        was_running = job.state == "running"
        await self._halt(job)
        if was_running:
            await self._note(who, "export.stopped", number)
        return {}

    async def _delete(self, number: int, who: str = COMMAND_LINE) -> dict[str, Any]:
        await self._halt(self._job(number))
        await self._forget(number)
        await self._note(who, "export.deleted", number)
        return {}

    async def _note(self, who: str, what: str, number: int) -> None:
        if self._writer is not None:
            await note(self._writer, who, what, str(number))

    async def _run(self, job: _Job, options: Sequence[str]) -> None:
        out = self._data / EXPORTS / str(job.number)
        await self._make_room()
        command = ("-m", "host", "export", "--data", str(self._data), "--out", str(out), "--zip")
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, *command, "--progress-lines", *options),
                cwd=_ROOT,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            if job.state == "stopped":  # before there was a process
                self._signal(signal.SIGTERM)
            error = asyncio.create_task(_text(self._process.stderr))
            await self._follow(job, self._process)
            status = await self._process.wait()
            if job.state == "running":
                if status == 0:
                    with contextlib.suppress(OSError):  # the file is what was wanted
                        await asyncio.to_thread((out / _WANTED).write_text, json.dumps(job.wanted))
                job.state = "done" if status == 0 else "failed"
                if status:
                    job.error_key = "disk_full" if status == STATUS_FULL else "export_failed"
                    job.error = (await error).removeprefix("mbuslink: ")[:400]
        except OSError as fault:
            job.state, job.error_key, job.error = "failed", "export_failed", str(fault)[:400]
        finally:
            if job.state != "done":
                await asyncio.to_thread(shutil.rmtree, out, ignore_errors=True)
            self._process = self._running = None
            _log.info("export ended", number=job.number, state=job.state, error=job.error)
            self._tell(job)

    async def _follow(self, job: _Job, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                told = json.loads(line)
                job.done, job.total = int(told["done"]), int(told["total"])
                self._tell(job)

    async def _halt(self, job: _Job) -> None:
        """End an export if it is under way, and wait until it has."""
        if job.state != "running" or self._running is None:
            return
        job.state = "stopped"
        self._signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(asyncio.shield(self._running), _STOP_S)
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await self._running

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _make_room(self) -> None:
        for number in list(self._jobs)[:-KEPT]:
            await self._forget(number)

    async def _forget(self, number: int) -> None:
        del self._jobs[number]
        folder = self._data / EXPORTS / str(number)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        self._events.emit(ExportChanged(number, "deleted", 0, 0))

    def _job(self, number: int) -> _Job:
        if number not in self._jobs:
            raise BadSetting(f"export {number}: there is no such export")
        return self._jobs[number]

    def _tell(self, job: _Job) -> None:
        self._events.emit(ExportChanged(job.number, job.state, job.done, job.total))

    def _line(self, job: _Job) -> dict[str, Any]:
        file = self._data / EXPORTS / str(job.number) / EXPORT_FILE
        return {
            "number": job.number,
            "state": job.state,
            "started_ms": job.started_ms,
            "done": job.done,
            "total": job.total,
            "bytes": file.stat().st_size if job.state == "done" and file.exists() else 0,
            **{name: job.wanted.get(name) for name in _TOLD},
            "error_key": job.error_key,
            "error": job.error,
        }


async def _text(stream: asyncio.StreamReader | None) -> str:
    return "" if stream is None else (await stream.read()).decode(errors="replace").strip()


def _told(meters: Sequence[str] | None, **wanted: Any) -> dict[str, Any]:
    """Return what is told of a wish: how many meters instead of which."""
    count = None if meters is None else len(meters)
    return {"meters": count} | {name: wanted[name] for name in _TOLD if name != "meters"}


def _kept(path: Path) -> dict[str, Any]:
    """Return what was asked for, nothing when it is not known any more."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_text())
        if isinstance(found, dict):
            return found  # pyright: ignore[reportUnknownVariableType]
    return {}


def _options(
    meters: Sequence[str] | None,
    medium: str | None,
    since_ms: int | None,
    until_ms: int | None,
    dates: bool,
    kind: str,
    separator: str,
    mark: str,
    language: str,
    bom: bool,
) -> list[str]:
    """Return the options of `python -m host export`. Raises `BadAddress`."""
    options = ["--format", kind, "--separator", separator, "--decimal", mark]
    options += ["--language", language]
    if medium is not None:
        options += [f"--medium={medium}"]
    if since_ms is not None:
        options += ["--from", from_ms(since_ms).isoformat()]
    if until_ms is not None:
        options += ["--to", from_ms(until_ms).isoformat()]
    options += ["--dates"] * dates + ["--bom"] * bom
    if meters is not None:
        options += ["--meters", *(parse_address(address).text for address in meters)]
    return options
