"""What is asked of the system's network, whichever tool looks after it.

IPv4 alone (manual 6.8.1); what an interface has of IPv6 stays as it is. What a tool is given has
been checked by `host.settings.network`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Setup:
    """How an interface is set.

    dhcp: everything else comes from the DHCP server, but for `dns` where there is some. address,
    mask, gateway: dotted, "" for none. dns: at most two servers.
    """

    dhcp: bool
    address: str = ""
    mask: str = ""
    gateway: str = ""
    dns: tuple[str, ...] = ()

    @property
    def with_prefix(self) -> str:
        """Address and mask as tools write them: "192.0.2.7/24"."""
        return str(IPv4Interface(f"{self.address}/{self.mask}"))


def setup_of(*, dhcp: bool, with_prefix: str, gateway: str, dns: tuple[str, ...]) -> Setup:
    """Return the setup that a tool tells; with_prefix: "" for no address."""
    if not with_prefix:
        return Setup(dhcp, gateway=gateway, dns=dns[:2])
    address = IPv4Interface(with_prefix)
    return Setup(dhcp, str(address.ip), str(address.netmask), gateway, dns[:2])


@dataclass(frozen=True, slots=True)
class Interface:
    """A wired interface as it is now.

    link: a cable is in, and the other end is on. addresses: as "192.0.2.7/24". gateway: "" for
    none. dns: the servers that this computer asks, whichever interface leads to them.
    """

    name: str
    mac: str
    link: bool
    addresses: tuple[str, ...]
    gateway: str
    dns: tuple[str, ...]


class Network(Protocol):
    """The tool that looks after the interfaces. Every method raises `SystemFault`."""

    name: str

    async def setup(self, interface: str) -> Setup | None:
        """Return how the interface is set; None: nobody has set it here."""
        ...

    async def keep(self, interface: str) -> Mapping[str, Any]:
        """Return all that `restore` needs to make it as it is now; it can be written as JSON."""
        ...

    async def use(self, interface: str, setup: Setup) -> None:
        """Set the interface so, now and after the next start."""
        ...

    async def restore(self, interface: str, kept: Mapping[str, Any]) -> None:
        """Set the interface as it was when `kept` was made; to do it twice does no harm."""
        ...
