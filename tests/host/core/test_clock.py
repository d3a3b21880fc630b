"""L2: the clock is kept as it is set, a server is tried, and time is set by hand with NTP off."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from host.core import kept_settings
from host.core.clock import ClockServices
from host.settings.chapter import WrongSettings
from host.settings.clock import ClockRefused
from host.store import audit, database, migrate, place
from host.store.tables import to_ms
from host.store.writer import Writer
from tests.fakes.clock import FakeTimekeeping
from tests.fakes.loop import in_loop

AT = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


class Keeping:
    """The services on a computer, and what is stored."""

    def __init__(self, writer: Writer, data: Path) -> None:
        self.writer = writer
        self.data = data
        self.computer = FakeTimekeeping()
        self.clock = self.computer.clock
        self.services = ClockServices(writer, self.computer.asked)

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        return await self.services.handlers()[f"time.{method}"](**params)

    async def change(self, **values: Any) -> None:
        await self.writer.free(lambda session: kept_settings.change(session, {"time": values}))
        self.services.heed()

    def audit(self) -> list[Any]:
        with database.reading(database.database_path(self.data)) as session:
            return list(audit.newest(session, 9))


@contextlib.asynccontextmanager
async def keeping(data: Path) -> AsyncIterator[Keeping]:
    migrate.upgrade(database.database_path(data))
    writer = Writer(place.of(data))
    yield Keeping(writer, data)
    await writer.close()


@in_loop
async def test_l2_what_is_stored_is_put_to_use_before_the_state_is_told(tmp_path: Path) -> None:
    async with keeping(tmp_path) as k:
        await k.change(servers="ntp.example 192.0.2.1")
        state = await k.call("state")
        assert k.clock.servers == ("ntp.example", "192.0.2.1")
        assert (state["server"], state["synchronised"]) == ("ntp.example", True)
        assert state["offset_us"] == -1237
        await k.change(ntp=False)
        assert (await k.call("state"))["ntp"] is False


@in_loop
async def test_l2_where_nothing_is_stored_the_clock_is_left_alone(tmp_path: Path) -> None:
    async with keeping(tmp_path) as k:
        k.services.heed()
        await k.call("state")
        assert k.clock.used == 0


@in_loop
async def test_l2_what_the_tool_refuses_is_told(tmp_path: Path) -> None:
    async with keeping(tmp_path) as k:
        k.clock.fails = True
        await k.change(servers="ntp.example")
        assert (await k.call("state"))["fault"] == "fake: refused"
        k.clock.fails = False
        await k.change(servers="ntp.example")
        assert (await k.call("state"))["fault"] == ""


@in_loop
async def test_l2_a_server_is_tried_and_says_how_far_off_the_clock_is(tmp_path: Path) -> None:
    async with keeping(tmp_path) as k:
        said = await k.call("test", server="ntp.example")
        assert said["answer"]["offset_us"] == 12_345
        assert await k.call("test", server="other.example") == {"why": "no_answer", "answer": None}
        with pytest.raises(WrongSettings):
            await k.call("test", server="-x")


@in_loop
async def test_l2_the_clock_is_set_by_hand_only_while_no_server_keeps_it(tmp_path: Path) -> None:
    async with keeping(tmp_path) as k:
        with pytest.raises(ClockRefused, match="ntp_on"):
            await k.call("set", at_ms=to_ms(AT), who="Olga")
        k.clock.ntp = False
        await k.call("set", at_ms=to_ms(AT), who="Olga")
        assert k.clock.set_to == [AT]
        (row,) = k.audit()
        assert (row.who, row.what) == ("Olga", "clock.set")
        assert row.before == {"clock": "2026-03-29 00:30:00 UTC"}
        assert row.after == {"clock": "2026-03-29 01:00:00 UTC"}
        with pytest.raises(ClockRefused, match="moment_far"):
            await k.call("set", at_ms=0, who="Olga")
        k.computer.why = "not_allowed"
        with pytest.raises(ClockRefused, match="not_allowed"):
            await k.call("set", at_ms=to_ms(AT), who="Olga")
        assert (await k.call("state"))["why"] == "not_allowed"
        assert k.clock.set_to == [AT]
