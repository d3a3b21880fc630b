"""The board's scan as the pages show it: learnt from the core, kept when the board is away.

The board owns a scan and forgets it when it restarts. What was learnt of it stays here until the
next one begins, so the result can still be looked at and added.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from shared.link.messages import MOST_FOUND

RESTARTED = "logger_restarted"
"""Key of the explanation of a scan that ended with its board."""

Ask = Callable[..., Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How a scan is; the facts are those of the service `scan.state`.

    error_key, error: why it failed, or what it waits to pass while it runs.
    """

    boot: int
    number: int
    running: bool
    by: str
    bauds: tuple[int, ...]
    baud: int | None
    probes: int
    collisions: int
    found: int
    permille: int
    elapsed_s: int
    left_s: int | None
    end: str | None
    error_key: str | None = None
    error: str = ""

    @classmethod
    def of(cls, state: dict[str, Any]) -> Self:
        told: dict[str, Any] = {
            one.name: state[one.name] for one in fields(cls) if one.name in state
        }
        error = state["error"] or {"key": None, "detail": ""}
        told |= {"error_key": error["key"], "error": error["detail"]}
        told["bauds"] = tuple(state["bauds"])
        return cls(**told)

    @property
    def percent(self) -> int:
        return self.permille // 10

    @property
    def name(self) -> str:
        """What tells this scan from every other of its board."""
        return f"{self.boot}-{self.number}"


@dataclass(frozen=True, slots=True)
class Found:
    """A meter that the scan found; see `host.device.facts.FoundMeter`."""

    segment: int
    address: str
    secondary: str | None
    primary: int | None
    bauds: tuple[int, ...]
    trouble: str | None

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        told: dict[str, Any] = {one.name: row[one.name] for one in fields(cls)}
        told["bauds"] = tuple(row["bauds"])
        return cls(**told)

    @property
    def key(self) -> str:
        """Its name in a form: two outputs may have the same address."""
        return f"{self.segment}-{self.address}"


class Scans:
    """The scan under way or the last one. progress: None before the first; rows: who was found."""

    def __init__(self) -> None:
        self.progress: Progress | None = None
        self.rows: Sequence[Found] = ()

    @property
    def running(self) -> bool:
        return self.progress is not None and self.progress.running

    def began(self, state: dict[str, Any]) -> None:
        """Take what the core has answered to a start: the page that follows shows it running."""
        self.progress, self.rows = Progress.of(state), ()

    async def learn(self, ask: Ask) -> tuple[bool, bool]:
        """Ask the core how the scan is; tell whether its progress and its rows are others now.

        Raises what the core answers with while the board is away: what is known then stays.
        """
        before, rows = self.progress, self.rows
        now = Progress.of(await ask("scan.state"))
        if not now.number:
            if before is not None and before.running:
                self.progress = replace(before, running=False, end="failed", error_key=RESTARTED)
        elif before != now:
            is_same = before is not None and before.name == now.name
            # In the end from the first on: who was found before may have got a rate since.
            known = rows if is_same and now.running and len(rows) <= now.found else ()
            self.rows = await _fetch(ask, known, now.found)
            self.progress = now
        return before != self.progress, rows != self.rows


async def _fetch(ask: Ask, known: Sequence[Found], count: int) -> Sequence[Found]:
    found = [*known]
    while len(found) < count:
        more = (await ask("scan.found", after=len(found), limit=MOST_FOUND))["meters"]
        if not more:
            break
        found += map(Found.of, more)
    return tuple(found)
