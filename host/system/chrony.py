"""chrony: a file of ours with the servers, and `chronyc`.

Its own servers stay; ours are preferred to them as long as one answers.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from host.system import clock
from host.system.clock import ClockState
from host.system.files import write
from host.system.tools import Run, run

FILE = Path("/etc/chrony/sources.d/mbuslink.sources")


class Chrony:
    """A clock kept by chrony. file: of our servers."""

    name = "chrony"

    def __init__(self, run: Run = run, file: Path = FILE) -> None:
        self._run = run
        self._file = file

    def may(self) -> bool:
        """Tell whether we may change anything."""
        return os.access(self._file.parent, os.W_OK)

    async def state(self) -> ClockState:
        """See `Clock.state`."""
        if not await clock.is_kept(self._run):
            return ClockState(ntp=False, synchronised=False)
        return parse(await self._run("chronyc", "-c", "tracking"))

    async def use(self, servers: Sequence[str], *, ntp: bool) -> None:
        """See `Clock.use`."""
        lines = [f"server {server} iburst prefer\n" for server in servers]
        is_other = write(self._file, "".join(["# Written by mbuslink.\n", *lines]), bool(servers))
        await clock.switch(self._run, on=ntp)
        if is_other and ntp:
            await self._run("chronyc", "reload", "sources")

    async def set(self, at: datetime) -> None:
        """See `Clock.set`."""
        await clock.set_to(self._run, at)


def parse(told: str) -> ClockState:
    """Return what `chronyc -c tracking` tells."""
    fields = told.strip().split(",")
    if fields[-1] == "Not synchronised":
        return ClockState(ntp=True, synchronised=False)
    last = datetime.fromtimestamp(int(float(fields[3])), UTC)
    return ClockState(True, True, fields[1], round(float(fields[4]) * 1_000_000), last)
