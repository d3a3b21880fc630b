"""What is asked of the system's clock, whichever tool keeps it right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from host.system.tools import Run


@dataclass(frozen=True, slots=True)
class ClockState:
    """How the clock is kept.

    ntp: by time servers. synchronised: it is right now. server: the one that it goes by, "" for
    none. offset_us: how far that one is ahead of this clock, µs; None where it is not known. last:
    when it was compared last.
    """

    ntp: bool
    synchronised: bool
    server: str = ""
    offset_us: int | None = None
    last: datetime | None = None


class Clock(Protocol):
    """The tool that keeps the clock. Every method raises `SystemFault`."""

    name: str

    async def state(self) -> ClockState:
        """Return how the clock is kept now."""
        ...

    async def use(self, servers: Sequence[str], *, ntp: bool) -> None:
        """Keep it by these servers, none: by those of the system; not at all without `ntp`.

        What is so already is left alone.
        """
        ...

    async def set(self, at: datetime) -> None:
        """Set it to `at` (aware), and the clock that runs on without power; `ntp` must be off."""
        ...


async def is_kept(run: Run) -> bool:
    """Tell whether time servers keep the clock; systemd knows it of chrony as well."""
    told = await run("timedatectl", "show", "--property=NTP", "--value")
    return told.strip() == "yes"


async def switch(run: Run, *, on: bool) -> None:
    """Have time servers keep the clock, or not, now and after the next start."""
    if await is_kept(run) != on:
        await run("timedatectl", "set-ntp", "true" if on else "false")


async def set_to(run: Run, at: datetime) -> None:
    """Set the clock to `at`."""
    await run("timedatectl", "set-time", f"@{int(at.timestamp())}")
