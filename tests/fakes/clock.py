"""A computer's clock that is a few fields, and time servers that answer as they are told."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from host.core.clock import Computer
from host.system.clock import Clock, ClockState
from host.system.sntp import NO_ANSWER, Answer, NoTime
from host.system.tools import SystemFault

NOW = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


class FakeClock:
    """A tool that does at once what it is told. fails: it does not."""

    name = "FakeClock"

    def __init__(self) -> None:
        self.ntp = True
        self.servers: tuple[str, ...] = ()
        self.used = 0
        self.set_to: list[datetime] = []
        self.fails = False

    async def state(self) -> ClockState:
        if not self.ntp:
            return ClockState(ntp=False, synchronised=False)
        server = self.servers[0] if self.servers else "pool.example"
        return ClockState(True, True, server, -1237, NOW - timedelta(minutes=3))

    async def use(self, servers: Sequence[str], *, ntp: bool) -> None:
        if self.fails:
            raise SystemFault("fake: refused")
        self.servers, self.ntp = tuple(servers), ntp
        self.used += 1

    async def set(self, at: datetime) -> None:
        self.set_to.append(at)


class FakeTimekeeping:
    """What the services of the clock ask of the computer. answers: server -> what it says."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.why = ""
        self.answers: Mapping[str, Answer] = {"ntp.example": Answer("192.0.2.1", 12_345, 4_200, 2)}

    @property
    def asked(self) -> Computer:
        return Computer(self._tool, self._ask, lambda: NOW)

    async def _tool(self) -> tuple[Clock | None, str]:
        return (None, self.why) if self.why else (self.clock, "")

    async def _ask(self, server: str) -> Answer:
        if server not in self.answers:
            raise NoTime(NO_ANSWER)
        return self.answers[server]
