"""L1: a change of the network is confirmed from the new address within 60 s, or taken back."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from host.core.events import Events
from host.core.network_file import FILE_NAME
from host.core.network_trial import NetworkTrial
from host.settings.network import NetworkRefused, NetworkSettings
from host.store import audit, database, migrate, place, settings
from host.store.writer import Writer
from host.system.network import Setup
from tests.fakes.computer import FIRST, FakeComputer
from tests.fakes.loop import in_loop

WANTED: dict[str, Any] = {
    "interface": "eth0",
    "dhcp": False,
    "address": "192.168.1.30",
    "gateway": "192.168.1.1",
    "dns1": "",
    "dns2": "9.9.9.9",
}
NEW = Setup(False, "192.168.1.30", "255.255.255.0", "192.168.1.1", ("9.9.9.9",))


class Trying:
    """A trial's services as the core runs them, on the computer `computer`."""

    def __init__(self, data: Path, computer: FakeComputer, writer: Writer) -> None:
        self.data = data
        self.computer = computer
        self.network = computer.network
        self.trial = NetworkTrial(
            writer,
            Events(),
            data,
            computer.asked,
            clock=computer.clock,
            wait=computer.wait,
        )

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        return await self.trial.handlers()[f"network.{method}"](**params)

    async def tried(self, **changes: Any) -> None:
        """Begin a change and let it be made."""
        await self.call("try", values=WANTED | changes, who="Olga")
        await self.computer.pass_s(2)

    async def last(self) -> str:
        """Wait until the trial has ended; return how."""
        async with asyncio.timeout(10):
            while (state := await self.call("state"))["trial"]:  # noqa: ASYNC110
                await asyncio.sleep(0)
        return state["last"]["outcome"]

    def stored(self) -> NetworkSettings:
        with database.reading(database.database_path(self.data)) as session:
            return settings.load(session, NetworkSettings)

    def audit(self) -> list[tuple[str, str]]:
        with database.reading(database.database_path(self.data)) as session:
            return [(one.who, one.what) for one in audit.newest(session, 9)]

    async def until_written(self, who: str, what: str) -> None:
        """Wait until the audit's newest row is this: the network is had back before it."""
        async with asyncio.timeout(10):
            while self.audit()[0] != (who, what):  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def trying(data: Path, computer: FakeComputer | None = None) -> AsyncIterator[Trying]:
    migrate.upgrade(database.database_path(data))
    writer = Writer(place.of(data))
    one = Trying(data, computer or FakeComputer(), writer)
    running = asyncio.create_task(one.trial.run())
    try:
        yield one
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await writer.close()


@in_loop
async def test_l1_what_is_confirmed_from_the_new_address_is_stored(tmp_path: Path) -> None:
    async with trying(tmp_path) as t:
        await t.call("try", values=WANTED, who="Olga")
        assert t.network.used == [], "the answer comes before the change"
        await t.computer.pass_s(2)
        assert t.network.used == [NEW]
        await t.computer.pass_s(20)
        state = await t.call("state")
        assert state["trial"]["address"] == "192.168.1.30"
        assert state["trial"]["left_ms"] == 38_000
        await t.call("keep", at=["127.0.0.1", "192.168.1.30"], who="Olga")
        assert await t.last() == "kept"
        assert t.stored() == NetworkSettings(**WANTED)
        assert not (tmp_path / FILE_NAME).exists()
        assert t.network.used == [NEW]
        assert t.audit() == [("Olga", "settings.changed"), ("Olga", "network.tried")]


@in_loop
async def test_l1_what_nobody_confirms_within_60_s_is_taken_back(tmp_path: Path) -> None:
    async with trying(tmp_path) as t:
        await t.tried()
        await t.computer.pass_s(57)
        assert t.network.setups["eth0"] == NEW
        await t.computer.pass_s(58)
        assert await t.last() == "not_confirmed"
        assert t.network.used == [NEW, FIRST]
        assert t.stored() == NetworkSettings()
        await t.until_written("Olga", "network.not_confirmed")
        await t.tried()  # and another can be tried
        assert t.network.setups["eth0"] == NEW


@in_loop
@pytest.mark.parametrize("at", [[], ["192.168.1.20"], ["127.0.0.1", "mbuslink.local"]], ids=str)
async def test_l1_another_address_confirms_nothing(tmp_path: Path, at: list[str]) -> None:
    async with trying(tmp_path) as t:
        await t.tried()
        with pytest.raises(NetworkRefused, match="not_from_there"):
            await t.call("keep", at=at, who="Olga")
        await t.computer.pass_s(60)
        assert await t.last() == "not_confirmed"


@in_loop
async def test_l1_what_dhcp_gives_confirms_and_so_does_who_sits_at_the_computer(tmp_path: Path):
    async with trying(tmp_path) as t:
        await t.tried(dhcp=True)
        assert (await t.call("state"))["trial"]["address"] == ""
        await t.call("keep", at=["192.168.1.77"], who="Olga")
        assert await t.last() == "kept"
        await t.tried()
        await t.call("keep", at=None, who="command line")
        assert await t.last() == "kept"


@in_loop
async def test_l1_nothing_is_confirmed_before_it_was_made(tmp_path: Path) -> None:
    async with trying(tmp_path) as t:
        await t.call("try", values=WANTED | {"address": "192.168.1.20"}, who="Olga")
        with pytest.raises(NetworkRefused, match="not_from_there"):
            await t.call("keep", at=["192.168.1.20"], who="Olga")


@in_loop
async def test_l1_it_is_taken_back_by_hand(tmp_path: Path) -> None:
    async with trying(tmp_path) as t:
        await t.tried()
        await t.call("undo", who="Peter")
        assert await t.last() == "taken_back"
        assert t.network.setups["eth0"] == FIRST
        await t.until_written("Peter", "network.taken_back")
        for method, more in (("undo", {}), ("keep", {"at": None})):
            with pytest.raises(NetworkRefused, match="no_trial"):
                await t.call(method, who="Peter", **more)


@in_loop
async def test_l1_a_core_that_was_killed_goes_on_with_the_rest_of_the_time(tmp_path: Path) -> None:
    computer = FakeComputer()
    async with trying(tmp_path, computer) as t:
        await t.tried()
        await computer.pass_s(30)
    async with trying(tmp_path, computer) as t:
        assert (await t.call("state"))["trial"]["left_ms"] == 28_000
        await computer.pass_s(27)
        assert computer.network.setups["eth0"] == NEW
        await computer.pass_s(28)
        assert await t.last() == "not_confirmed"
        assert computer.network.setups["eth0"] == FIRST


@in_loop
@pytest.mark.parametrize("away_s", [61, 3600, -3600], ids=str)
async def test_l1_a_core_that_was_away_too_long_takes_it_back_at_once(
    tmp_path: Path, away_s: int
) -> None:
    """Also where its clock begins in the past."""
    computer = FakeComputer()
    async with trying(tmp_path, computer) as t:
        await t.tried()
    computer.now += timedelta(seconds=away_s)
    async with trying(tmp_path, computer) as t:
        assert await t.last() == "not_confirmed"
        assert computer.network.setups["eth0"] == FIRST
        assert not (tmp_path / FILE_NAME).exists()


@in_loop
async def test_l1_what_cannot_be_had_back_is_tried_again(tmp_path: Path) -> None:
    async with trying(tmp_path) as t:
        await t.tried()
        t.network.fails = 2
        await t.computer.pass_s(60)
        await t.computer.pass_s(5)
        assert (tmp_path / FILE_NAME).exists()
        await t.computer.pass_s(5)
        assert await t.last() == "not_confirmed"
        assert t.network.setups["eth0"] == FIRST


@in_loop
async def test_l1_what_the_tool_refuses_is_taken_back_at_once(tmp_path: Path) -> None:
    async with trying(tmp_path) as t:
        t.network.fails = 1
        await t.tried()
        assert await t.last() == "failed"
        assert (await t.call("state"))["last"]["detail"] == "fake: refused"
        assert t.network.used == [FIRST]


@in_loop
async def test_l1_what_only_the_computer_and_the_cable_know_is_checked(tmp_path: Path) -> None:
    async with trying(tmp_path) as t:
        t.computer.taken["192.168.1.30"] = "02:aa:bb:cc:dd:02"
        with pytest.raises(NetworkRefused, match=r"address_taken: .*02:aa:bb:cc:dd:02"):
            await t.call("try", values=WANTED, who="Olga")
        with pytest.raises(NetworkRefused, match="interface_unknown"):
            await t.call("try", values=WANTED | {"interface": "eth7"}, who="Olga")
        taken = {"interface": "eth1", "address": "192.168.1.20"}
        with pytest.raises(NetworkRefused, match=r"address_taken: .*eth0"):
            await t.call("try", values=WANTED | taken, who="Olga")
        with pytest.raises(NetworkRefused, match="nothing_set"):
            await t.call("try", values=None, who="Olga")
        t.computer.why = "not_allowed"
        with pytest.raises(NetworkRefused, match="not_allowed"):
            await t.call("try", values=WANTED, who="Olga")
        assert (await t.call("state"))["interfaces"][0]["setup"] is None
        assert t.network.used == []


@in_loop
async def test_l1_one_change_at_a_time(tmp_path: Path) -> None:
    async with trying(tmp_path) as t:
        await t.tried()
        with pytest.raises(NetworkRefused, match="trial_running"):
            await t.call("try", values=WANTED, who="Peter")


@in_loop
async def test_l1_a_file_that_is_no_trial_is_left_aside(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(json.dumps({"values": {}}))
    async with trying(tmp_path) as t:
        assert (await t.call("state"))["trial"] is None
