"""The services of the clock: how it is kept, a time server tried, the clock set by hand.

The settings are put to use when they are stored, and when the core starts, for they may have been
stored without it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy.orm import Session

from host.core.journal import utc_now
from host.settings.clock import ClockRefused, TimeSettings, split
from host.store import audit, settings
from host.store.tables import from_ms, to_ms
from host.store.writer import Writer
from host.system import found, sntp
from host.system.clock import Clock, ClockState
from host.system.tools import SystemFault

_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_LONGEST = 250

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Computer:
    """What is asked of the computer; tests put another one in its place."""

    tool: Callable[[], Awaitable[tuple[Clock | None, str]]] = found.clock
    ask: Callable[[str], Awaitable[sntp.Answer]] = sntp.ask
    now: Callable[[], datetime] = utc_now


class ClockServices:
    """Answers the services `time.*`; keeps the clock of `computer` as the settings say."""

    def __init__(self, writer: Writer, computer: Computer | None = None) -> None:
        self._writer = writer
        self._computer = computer or Computer()
        self._using: asyncio.Task[None] | None = None
        self._fault = ""

    def handlers(self) -> Mapping[str, Any]:
        """Return the services that are answered here."""
        return {"time.state": self.state, "time.test": self._test, "time.set": self._set}

    def heed(self) -> None:
        """Put to use what is stored, if anything is; `state` waits for that."""
        self._using = asyncio.create_task(self._use())

    async def state(self) -> dict[str, Any]:
        """Answer `time.state`."""
        if self._using is not None:
            await asyncio.wait([self._using])
        tool, why = await self._computer.tool()
        state, fault = ClockState(ntp=False, synchronised=False), self._fault
        if tool is not None:
            try:
                state = await tool.state()
            except SystemFault as error:
                fault = fault or str(error)
        return {
            "tool": tool.name if tool else "",
            "why": why,
            "now_ms": to_ms(self._computer.now()),
            "ntp": state.ntp,
            "synchronised": state.synchronised,
            "server": state.server[:_LONGEST],
            "offset_us": state.offset_us,
            "last_ms": state.last and to_ms(state.last),
            "fault": fault[:400],
        }

    async def _use(self) -> None:
        def read(session: Session) -> TimeSettings | None:
            stored = settings.text(session, TimeSettings.__name__)
            return settings.load(session, TimeSettings) if stored else None

        wanted = await self._writer.read(read)
        self._fault = ""
        tool, _ = await self._computer.tool()
        if wanted is None or tool is None:
            return
        try:
            await tool.use(split(wanted.servers), ntp=wanted.ntp)
        except SystemFault as error:
            self._fault = str(error)
            _log.error("the clock is not kept as it is set", error=self._fault)

    async def _test(self, server: str) -> dict[str, Any]:
        TimeSettings(servers=server)  # a name and nothing else
        try:
            said = await self._computer.ask(server)
        except sntp.NoTime as error:
            return {"why": str(error), "answer": None}
        return {
            "why": "",
            "answer": {
                "address": said.address,
                "offset_us": said.offset_us,
                "delay_us": said.delay_us,
                "stratum": said.stratum,
            },
        }

    async def _set(self, at_ms: int, who: str) -> dict[str, Any]:
        at = from_ms(at_ms)
        if not _FIRST <= at < _LAST:
            raise ClockRefused("moment_far")
        tool, why = await self._computer.tool()
        if tool is None:
            raise ClockRefused(why)
        if (await tool.state()).ntp:
            raise ClockRefused("ntp_on")
        before = {"clock": _told(self._computer.now())}
        await tool.set(at)
        await self._writer.free(
            lambda session: audit.record(
                session, who, "clock.set", before=before, after={"clock": _told(at)}
            )
        )
        return {}


def _told(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")
