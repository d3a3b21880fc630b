"""systemd-timesyncd: a file of ours with the servers, and `timedatectl`."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from host.system import clock
from host.system.clock import ClockState
from host.system.files import write
from host.system.tools import Run, SystemFault, run

FILE = Path("/etc/systemd/timesyncd.conf.d/mbuslink.conf")
UNITS = tuple(Path(f"{one}/lib/systemd/system/systemd-timesyncd.service") for one in ("", "/usr"))
_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
"""Touched whenever the clock was compared."""
_PART = re.compile(r"([0-9.]+)(us|ms|s|min|h)")
_US = {"us": 1, "ms": 1000, "s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000}


class Timesyncd:
    """A clock kept by systemd-timesyncd. file: of our servers."""

    name = "systemd-timesyncd"

    def __init__(self, run: Run = run, file: Path = FILE, touched: Path = _SYNCHRONISED) -> None:
        self._run = run
        self._file = file
        self._touched = touched

    def may(self) -> bool:
        """Tell whether we may change anything."""
        folder = self._file.parent
        return os.access(folder if folder.exists() else folder.parent, os.W_OK)

    async def state(self) -> ClockState:
        """See `Clock.state`."""
        if not await clock.is_kept(self._run):
            return ClockState(ntp=False, synchronised=False)
        told = ""
        with contextlib.suppress(SystemFault):  # it has just been started
            told = await self._run("timedatectl", "timesync-status")
        server, offset_us = parse(told)
        last = self._last()
        if last is None:
            return ClockState(True, False, server)
        return ClockState(True, True, server, offset_us, last)

    async def use(self, servers: Sequence[str], *, ntp: bool) -> None:
        """See `Clock.use`."""
        text = f"# Written by mbuslink.\n[Time]\nNTP={' '.join(servers)}\n"
        is_other = write(self._file, text, bool(servers))
        await clock.switch(self._run, on=ntp)
        if is_other and ntp:
            await self._run("systemctl", "try-restart", "systemd-timesyncd.service")

    async def set(self, at: datetime) -> None:
        """See `Clock.set`."""
        await clock.set_to(self._run, at)

    def _last(self) -> datetime | None:
        try:
            return datetime.fromtimestamp(self._touched.stat().st_mtime, UTC)
        except OSError:
            return None


def parse(told: str) -> tuple[str, int | None]:
    """Return of `timedatectl timesync-status` the server, and how far it is ahead in µs."""
    facts = {name.strip(): value.strip() for name, _, value in map(_split, told.splitlines())}
    name = re.search(r"\((.+)\)", facts.get("Server", ""))
    server = name[1] if name else facts.get("Server", "")
    offset = facts.get("Offset", "")
    parts = _PART.findall(offset)
    if not parts:
        return server, None
    us = round(sum(float(number) * _US[unit] for number, unit in parts))
    return server, -us if offset.startswith("-") else us


def _split(line: str) -> tuple[str, str, str]:
    return line.partition(": ")
