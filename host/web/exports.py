"""The exports that the core makes by itself, as the pages show them.

The core tells of them; while it is away the finished files are still found and can be fetched. A
delete is asked of the core only ten seconds later, so that it can be undone; a web process that
ends before deletes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from structlog import get_logger

from host.core.services import EXPORT_FILE, EXPORTS
from shared.errors import BadSetting, MbuslinkError

UNDO_S = 10.0

_log = get_logger("web.exports")


@dataclass(frozen=True, slots=True)
class ExportJob:
    """One export. state: "running", "done", "failed", "stopped" or "deleted" (can be undone).

    done, total: months of meters. size: bytes of its file, 0 while there is none. error_key, error:
    why it failed, for the texts and for the expert. kind: of the files in it, None where that and
    the rest is not known any more. meters: how many; None: all, but of `medium` alone. since,
    until: its period, None for an open end.
    """

    number: int
    state: str
    begun: datetime
    done: int = 0
    total: int = 0
    size: int = 0
    error_key: str | None = None
    error: str | None = None
    kind: str | None = None
    meters: int | None = None
    medium: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0

    def left_s(self, now: datetime) -> int | None:
        """Return how long it still takes at `now` (s), at its pace so far; None: nobody knows."""
        if not 0 < self.done < self.total:
            return None
        return round((now - self.begun).total_seconds() * (self.total - self.done) / self.done)


class Exports:
    """The exports of the data folder `data`. on_change(): what is shown of them is another now."""

    def __init__(self, data: Path) -> None:
        self.on_change: Callable[[], object] = lambda: None
        self._folder = data / EXPORTS
        self._jobs: Sequence[ExportJob] | None = None
        self._waiting: dict[int, threading.Timer] = {}

    def learn(self, lines: Sequence[dict[str, Any]] | None) -> None:
        """Take what the core says (`export.list`), or None while it is away."""
        self._jobs = None if lines is None else [_job(line) for line in lines]

    @property
    def jobs(self) -> Sequence[ExportJob]:
        """All of them, newest first; the files alone while the core is away."""
        known = self._found() if self._jobs is None else self._jobs
        waiting = set(self._waiting)
        return [replace(job, state="deleted") if job.number in waiting else job for job in known]

    @property
    def running(self) -> ExportJob | None:
        return next((job for job in self.jobs if job.state == "running"), None)

    def file(self, number: int) -> Path | None:
        """Return the file of an export, None while there is none."""
        path = self._folder / str(number) / EXPORT_FILE
        return path if path.is_file() else None

    def delete_later(self, number: int, delete: Callable[[], Any]) -> None:
        """Call `delete` in a thread in ten seconds, unless `keep` comes before.

        Raises `BadSetting` when there is no such export.
        """
        job = next((job for job in self.jobs if job.number == number), None)
        if job is None:
            raise BadSetting(f"export {number}: there is no such export")
        if number not in self._waiting:
            timer = threading.Timer(UNDO_S, self._delete, (job, delete))
            timer.daemon = True
            self._waiting[number] = timer
            timer.start()
            self.on_change()

    def keep(self, number: int) -> None:
        """Undo the delete of an export; nothing when it is too late."""
        timer = self._waiting.pop(number, None)
        if timer is not None:
            timer.cancel()
            self.on_change()

    def close(self) -> None:
        """Forget the deletes that could still be undone."""
        for number in list(self._waiting):
            self.keep(number)

    def _delete(self, job: ExportJob, delete: Callable[[], Any]) -> None:
        """Delete it now; not another one that has got its number meanwhile."""
        try:
            if any((one.number, one.begun) == (job.number, job.begun) for one in self._jobs or ()):
                delete()
        except (MbuslinkError, TimeoutError) as error:
            _log.warning("not deleted", number=job.number, error=str(error))
        finally:
            if self._waiting.pop(job.number, None):
                self.on_change()

    def _found(self) -> list[ExportJob]:
        """Return the finished ones by their files, as the core does when it starts."""
        found: list[ExportJob] = []
        for folder in self._folder.glob("*"):
            if folder.name.isdecimal() and (file := self.file(int(folder.name))):
                begun = datetime.fromtimestamp(folder.stat().st_ctime, UTC)
                size = file.stat().st_size
                found.append(ExportJob(int(folder.name), "done", begun, size=size))
        return sorted(found, key=lambda job: -job.number)


def _job(line: dict[str, Any]) -> ExportJob:
    return ExportJob(
        number=line["number"],
        state=line["state"],
        begun=_moment(line["started_ms"]),
        done=line["done"],
        total=line["total"],
        size=line["bytes"],
        error_key=line["error_key"],
        error=line["error"],
        kind=line["kind"],
        meters=line["meters"],
        medium=line["medium"],
        since=None if line["since_ms"] is None else _moment(line["since_ms"]),
        until=None if line["until_ms"] is None else _moment(line["until_ms"]),
    )


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
