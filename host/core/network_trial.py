"""The services of the network: a change is confirmed from the new address, or taken back.

What is to be had back lies in a file of the data folder before anything is changed. A core that
starts and finds it goes on with the rest of the time, or takes the change back at once when that is
over; so a change that cuts everybody off ends, whoever is killed meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from host.core import kept_settings
from host.core.events import Events, SettingsChanged
from host.core.journal import Clock, utc_now
from host.core.network_file import FILE_NAME, Trial
from host.core.services import MOST_ADDRESSES, MOST_INTERFACES
from host.settings.network import NetworkRefused, NetworkSettings
from host.store import audit, settings
from host.store.tables import to_ms
from host.store.writer import Writer
from host.system import arp, found, links
from host.system.network import Interface, Network, Setup
from host.system.tools import SystemFault
from shared.errors import MbuslinkError

CONFIRM_S = 60.0
BEFORE_S = 2.0
"""Before the change, so that the answer with the new address is under way."""
AGAIN_S = 5.0
"""Before something that could not be taken back is tried again."""

Wait = Callable[[asyncio.Event, float], Awaitable[bool]]

_log = structlog.get_logger(__name__)


async def wait_for(event: asyncio.Event, seconds: float) -> bool:
    """Return whether `event` came within so many seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


@dataclass(frozen=True, slots=True)
class Computer:
    """What the trial asks of the computer; tests put another one in its place."""

    tool: Callable[[], Awaitable[tuple[Network | None, str]]] = found.network
    wired: Callable[[], Awaitable[Sequence[Interface]]] = links.wired
    taken_by: Callable[[str, str], Awaitable[str | None]] = arp.taken_by


class NetworkTrial:
    """Changes the network of `computer` for the data folder `data`, on trial.

    clock, wait: time, which tests make jump.
    """

    def __init__(
        self,
        writer: Writer,
        events: Events,
        data: Path,
        computer: Computer | None = None,
        *,
        clock: Clock = utc_now,
        wait: Wait = wait_for,
    ) -> None:
        self._writer = writer
        self._events = events
        self._file = data / FILE_NAME
        self._computer = computer or Computer()
        self._clock = clock
        self._wait = wait
        self._trial: Trial | None = Trial.read(self._file)
        self._in_use = self._trial is not None
        self._begun = asyncio.Event()
        self._ended = asyncio.Event()
        self._changing = asyncio.Lock()
        self._last: dict[str, Any] | None = None

    def handlers(self) -> Mapping[str, Any]:
        """Return the services that are answered here."""
        return {
            "network.state": self.state,
            "network.try": self._try,
            "network.keep": self._keep,
            "network.undo": self._undo,
        }

    async def run(self) -> None:
        """See changes through, one after the other, until cancelled."""
        while True:
            if self._trial is None:
                await self._begun.wait()
                self._begun.clear()
                await self._wait(self._ended, BEFORE_S)
                await self._use()
            trial = self._trial
            if trial is None:
                continue
            # A clock that was wrong may have left more than there ever was: then it is over, too.
            left_s = self._left_ms(trial) / 1000
            if 0 < left_s <= CONFIRM_S and await self._wait(self._ended, left_s):
                continue
            while self._trial is trial:
                with contextlib.suppress(SystemFault):
                    await self._take_back("not_confirmed", trial.who)
                    break
                await self._wait(self._ended, AGAIN_S)

    async def state(self) -> dict[str, Any]:
        """Answer `network.state`."""
        tool, why = await self._computer.tool()
        interfaces: list[dict[str, Any]] = []
        for one in list(await self._computer.wired())[:MOST_INTERFACES]:
            setup: Setup | None = None
            if tool is not None:
                with contextlib.suppress(SystemFault):
                    setup = await tool.setup(one.name)
            addresses, dns = (list(some)[:MOST_ADDRESSES] for some in (one.addresses, one.dns))
            facts = asdict(one) | {"addresses": addresses, "dns": dns}
            told = setup and asdict(setup) | {"dns": list(setup.dns)}
            interfaces.append(facts | {"setup": told})
        trial = self._trial
        return {
            "tool": tool.name if tool else "",
            "why": why,
            "interfaces": interfaces,
            "trial": trial
            and {
                "interface": trial.interface,
                "address": trial.setup.address,
                "left_ms": min(max(0, self._left_ms(trial)), int(CONFIRM_S * 1000)),
                "who": trial.who,
            },
            "last": self._last,
        }

    async def _try(self, values: Mapping[str, Any] | None, who: str) -> dict[str, Any]:
        stored = await self._writer.read(lambda session: settings.load(session, NetworkSettings))
        wanted = stored.changed(**(values or {}))
        async with self._changing:
            if self._trial is not None:
                raise NetworkRefused("trial_running")
            network = await self._network()
            if not wanted.interface:
                raise NetworkRefused("nothing_set")
            await self._check(wanted)
            trial = Trial(
                wanted.model_dump(),
                dict(await network.keep(wanted.interface)),
                who,
                to_ms(self._clock() + timedelta(seconds=CONFIRM_S)),
            )
            await self._record(who, "network.tried", trial)
            await asyncio.to_thread(trial.write, self._file)
            self._trial, self._in_use, self._last = trial, False, None
            self._ended.clear()
            self._begun.set()
        return {"left_ms": int(CONFIRM_S * 1000)}

    async def _check(self, wanted: NetworkSettings) -> None:
        """Raise `NetworkRefused` for what only the computer and the cable know."""
        interfaces = {one.name: one for one in await self._computer.wired()}
        if wanted.interface not in interfaces:
            raise NetworkRefused("interface_unknown", wanted.interface)
        if wanted.dhcp:
            return
        for name, one in interfaces.items():
            if wanted.address not in _plain(one):
                continue
            if name != wanted.interface:
                raise NetworkRefused("address_taken", name)
            return
        mac = await self._computer.taken_by(wanted.interface, wanted.address)
        if mac:
            raise NetworkRefused("address_taken", mac)

    async def _use(self) -> None:
        """Make the change; what cannot be made is taken back at once."""
        async with self._changing:
            trial = self._trial
            if trial is None:
                return
            try:
                network = await self._network()
                await network.use(trial.interface, trial.setup)
                self._in_use = True
                return
            except (SystemFault, NetworkRefused) as error:
                why = str(error)
        with contextlib.suppress(SystemFault, NetworkRefused):
            await self._take_back("failed", trial.who, why)

    async def _keep(self, at: Sequence[str] | None, who: str) -> dict[str, Any]:
        async with self._changing:
            trial = self._trial
            if trial is None:
                raise NetworkRefused("no_trial")
            if not self._in_use or (at is not None and not await self._is_at(trial, at)):
                raise NetworkRefused("not_from_there", trial.interface)
            values = {"network": trial.values}
            await self._writer.free(lambda session: kept_settings.change(session, values, who))
            self._end("kept")
        self._events.emit(SettingsChanged("network"))
        return {}

    async def _is_at(self, trial: Trial, at: Sequence[str]) -> bool:
        """Tell whether one of `at` is the new address; with DHCP any of the interface's is."""
        known = [_plain(one) for one in await self._computer.wired() if one.name == trial.interface]
        found = {address for addresses in known for address in addresses}
        new = found if trial.setup.dhcp else found & {trial.setup.address}
        return bool(new & set(at))

    async def _undo(self, who: str) -> dict[str, Any]:
        if self._trial is None:
            raise NetworkRefused("no_trial")
        await self._take_back("taken_back", who)
        return {}

    async def _take_back(self, outcome: str, who: str, why: str = "") -> None:
        """Have it as it was. Raises `SystemFault` when that does not succeed."""
        async with self._changing:
            trial = self._trial
            if trial is None:
                return
            try:
                tool, reason = await self._computer.tool()
                if tool is None:
                    raise SystemFault(reason)
                await tool.restore(trial.interface, trial.kept)
            except SystemFault as error:
                _log.error("the network cannot be had back", error=str(error))
                raise
            self._end(outcome, why)
        _log.warning("the network is as it was", outcome=outcome, why=why)
        with contextlib.suppress(MbuslinkError):  # a database that refuses keeps nothing cut off
            await self._record(who, f"network.{outcome}", trial)

    def _end(self, outcome: str, why: str = "") -> None:
        self._file.unlink(missing_ok=True)
        self._trial = None
        self._last = {"outcome": outcome, "at_ms": to_ms(self._clock()), "detail": why[:400]}
        self._ended.set()

    async def _network(self) -> Network:
        """Return the tool. Raises `NetworkRefused` when there is none that may be used."""
        tool, why = await self._computer.tool()
        if tool is None:
            raise NetworkRefused(why)
        return tool

    async def _record(self, who: str, what: str, trial: Trial) -> None:
        facts = trial.values if what == "network.tried" else None
        await self._writer.free(
            lambda session: audit.record(session, who, what, trial.interface, after=facts)
        )

    def _left_ms(self, trial: Trial) -> int:
        return trial.until_ms - to_ms(self._clock())


def _plain(interface: Interface) -> Sequence[str]:
    """Return the addresses of an interface without their prefix."""
    return [address.partition("/")[0] for address in interface.addresses]
