"""A computer whose network is one dictionary: the tool, the cable and time, for trials of it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from host.core.network_trial import Computer
from host.system.network import Interface, Network, Setup
from host.system.tools import SystemFault

FIRST = Setup(False, "192.168.1.20", "255.255.255.0", "192.168.1.1", ("192.168.1.1",))
ETH0 = Interface("eth0", "02:00:5e:00:00:20", True, (FIRST.with_prefix,), "192.168.1.1", FIRST.dns)
ETH1 = Interface("eth1", "02:00:5e:00:00:21", False, (), "", FIRST.dns)


class FakeNetwork:
    """A tool that does at once what it is told, and no more than that.

    setups: how each interface is set. fails: so many calls that change something fail first.
    """

    name = "FakeNetwork"

    def __init__(self) -> None:
        self.setups: dict[str, Setup] = {"eth0": FIRST}
        self.used: list[Setup] = []
        self.fails = 0

    async def setup(self, interface: str) -> Setup | None:
        return self.setups.get(interface)

    async def keep(self, interface: str) -> Mapping[str, Any]:
        setup = self.setups.get(interface)
        return {
            "setup": setup and [setup.dhcp, setup.address, setup.mask, setup.gateway, setup.dns]
        }

    async def use(self, interface: str, setup: Setup) -> None:
        self._change(interface, setup)

    async def restore(self, interface: str, kept: Mapping[str, Any]) -> None:
        dhcp, address, mask, gateway, dns = kept["setup"]
        self._change(interface, Setup(dhcp, address, mask, gateway, tuple(dns)))

    def _change(self, interface: str, setup: Setup) -> None:
        if self.fails:
            self.fails -= 1
            raise SystemFault("fake: refused")
        self.setups[interface] = setup
        self.used.append(setup)


class FakeComputer:
    """What a trial asks of the computer.

    why: there is no tool, and why. taken: who else has which address. lease: what DHCP gives.
    """

    def __init__(self) -> None:
        self.network = FakeNetwork()
        self.why = ""
        self.lease = "192.168.1.77/24"
        self.taken: dict[str, str] = {}
        self.now = datetime.now(UTC)
        self._waiting: list[tuple[float, asyncio.Event]] = []

    @property
    def asked(self) -> Computer:
        return Computer(self._tool, self._wired, self._taken_by)

    async def _tool(self) -> tuple[Network | None, str]:
        return (None, self.why) if self.why else (self.network, "")

    async def _wired(self) -> Sequence[Interface]:
        setup = self.network.setups["eth0"]
        address = self.lease if setup.dhcp else setup.with_prefix
        return [replace(ETH0, addresses=(address,), gateway=setup.gateway), ETH1]

    async def _taken_by(self, interface: str, address: str) -> str | None:
        return self.taken.get(address)

    def clock(self) -> datetime:
        return self.now

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait for `event`, or until `pass_s` has let so many seconds pass."""
        over = asyncio.Event()
        waiting = (seconds, over)
        self._waiting.append(waiting)
        tasks = [asyncio.create_task(one.wait()) for one in (event, over)]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            self._waiting.remove(waiting)
        return event.is_set()

    async def pass_s(self, seconds: float) -> None:
        """Let time pass for who waits no longer than that; come back when somebody waits again."""
        while not self._waiting:  # noqa: ASYNC110 - in threads of the writer, too
            await asyncio.sleep(0)
        self.now += timedelta(seconds=seconds)
        due = [over for left, over in self._waiting if left <= seconds]
        for over in due:
            over.set()
        while due and any(over in due for _, over in self._waiting):  # noqa: ASYNC110
            await asyncio.sleep(0)
