"""Kept telegrams through today's decoder while the core runs, by a process of its own.

`python -m host redecode` does the reading at low priority on its own connection: no readout waits
for it. It keeps what it has done after each meter, so it may be stopped at any time, and the next
start goes on. At its end the meters' rows are put right here, by the one writer.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from host.core import registration
from host.core.events import Events, MeterChanged, RedecodingChanged
from host.store import audit
from host.store.writer import Writer
from shared.errors import Busy, MbuslinkError

MOST_LINES = 50
"""Of what is another now, told to pages."""
LONGEST_LINE = 300

_ROOT = Path(__file__).resolve().parents[2]
_NOTHING: Mapping[str, Any] = {
    "first": False,
    "readings": 0,
    "unreadable": 0,
    "others": 0,
    "meters_changed": 0,
    "lines": [],
}


class Redecoding:
    """Answers the services `redecode.*` for the data folder `data`; tells `events` how it goes."""

    def __init__(self, writer: Writer, events: Events, data: Path) -> None:
        self._writer = writer
        self._events = events
        self._data = data
        self._state = "none"
        self._permille = 0
        self._report = _NOTHING
        self._error: str | None = None
        self._running: asyncio.Task[None] | None = None

    def handlers(self) -> Mapping[str, Any]:
        """Return the services that are answered here."""
        return {
            "redecode.start": self._start,
            "redecode.stop": self._stop,
            "redecode.state": self._tell_state,
        }

    async def close(self) -> None:
        """End the one under way; what it has done is kept."""
        await self._halt()

    async def _start(self, who: str) -> dict[str, Any]:
        if self._running is not None:
            raise Busy("the history is being decoded already")
        self._report, self._error = _NOTHING, None
        self._change("running", 0)
        self._running = asyncio.create_task(self._run(who), name="redecoding")
        return {}

    async def _stop(self, who: str) -> dict[str, Any]:
        await self._halt()
        return {}

    async def _tell_state(self) -> dict[str, Any]:
        known = {"state": self._state, "permille": self._permille, "error": self._error}
        return known | dict(self._report)

    async def _halt(self) -> None:
        running = self._running
        if running is not None:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    async def _run(self, who: str) -> None:
        state = "stopped"
        try:
            found = await self._walk()
            changed = await self._writer.run(lambda session: _put_right(session, who))
            for meter in changed:
                self._events.emit(MeterChanged(meter.id, meter.state))
            self._report = _report(found) | {"meters_changed": len(changed)}
            state = "done"
        except (MbuslinkError, OSError, ValueError, KeyError) as error:
            state, self._error = "failed", str(error)[:400]
        finally:
            self._running = None
            self._change(state, 1000 if state == "done" else self._permille)

    async def _walk(self) -> Mapping[str, Any]:
        """Run the command; return what it found. Raises `Busy` when it failed."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "host", "redecode", "--for-core"),
            *("--data", str(self._data.resolve())),
            cwd=_ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=1 << 24,
        )
        found: Mapping[str, Any] = {}
        try:
            assert process.stdout is not None
            async for line in process.stdout:
                found = json.loads(line)
                if "permille" in found:
                    self._change("running", int(found["permille"]))
            if await process.wait():
                raise Busy("the process that decodes ended; the log of the host may say why")
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()  # each meter that is done is kept
                await process.wait()
        return found

    def _change(self, state: str, permille: int) -> None:
        self._state, self._permille = state, permille
        self._events.emit(RedecodingChanged(state, permille))


def _put_right(session: Any, who: str) -> Any:
    changed = registration.reassess(session, who)
    audit.record(session, who, "history.redecoded", after={"meters": len(changed)})
    return changed


def _report(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the command found as `redecode.state` tells it."""
    lines = [
        f"{address}  {one['value']}: {one['before'] or '-'} -> {one['after'] or '-'}"
        for address, some in found["changes"].items()
        for one in some
    ]
    return {
        "first": found["first"],
        "readings": found["readings"],
        "unreadable": found["unreadable"],
        "others": len(found["changes"]),
        "lines": [line[:LONGEST_LINE] for line in lines[:MOST_LINES]],
    }
