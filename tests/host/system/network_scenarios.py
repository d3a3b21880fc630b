"""What is tried with the real daemons, in a network of its own: `python -m ... SCENARIO`.

Each `scenario_*` is a coroutine that asserts.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from host.system import arp, found, links
from host.system.network import Interface, Network, Setup
from host.system.tools import run

FIXED = Setup(False, "192.0.2.9", "255.255.255.0", "192.0.2.1", ("192.0.2.1", "192.0.2.2"))
OTHER_FILE = Path("/etc/systemd/network/20-other.network")
DHCP = Setup(True, dns=("192.0.2.53",))


async def until(is_so: Callable[[Interface], bool]) -> Interface:
    """Wait until eth0 is so: the daemons work beside the tools that tell them."""
    async with asyncio.timeout(10):
        while True:
            (eth0,) = [one for one in await links.wired() if one.name == "eth0"]
            if is_so(eth0):
                return eth0
            await asyncio.sleep(0.02)


async def tool() -> Network:
    """Wait until the daemon answers; return the tool."""
    async with asyncio.timeout(20):
        while True:
            one, why = await found.network()
            if one:
                return one
            assert why == found.NO_TOOL
            await asyncio.sleep(0.05)


async def scenario_networkd() -> None:
    """An address given by another file is changed, and had back."""
    _write_other()
    network = await tool()
    await run("networkctl", "reload")
    assert network.name == "systemd-networkd"
    await _changed_and_back(
        network, Setup(False, "192.0.2.7", "255.255.255.0", "", ("192.0.2.53",))
    )
    assert os.listdir(OTHER_FILE.parent) == [OTHER_FILE.name]


def _write_other() -> None:
    OTHER_FILE.write_text("[Match]\nName=eth0\n[Network]\nAddress=192.0.2.7/24\nDNS=192.0.2.53\n")


async def scenario_network_manager() -> None:
    """An address of a connection with a strange name is changed, and had back."""
    network = await tool()
    assert network.name == "NetworkManager"
    assert await network.setup("eth0") is None
    add = ("nmcli", "connection", "add", "type", "ethernet", "ifname", "eth0", "con-name", "a:b\\c")
    await run(*add, "ipv4.method", "manual", "ipv4.addresses", "192.0.2.7/24")
    await run("nmcli", "--wait", "5", "connection", "up", "a:b\\c")
    await _changed_and_back(network, Setup(False, "192.0.2.7", "255.255.255.0"))


async def scenario_network_manager_first() -> None:
    """An interface that nobody has set gets a connection, which goes again."""
    network = await tool()
    kept = await network.keep("eth0")
    await network.use("eth0", FIXED)
    await until(lambda eth0: eth0.addresses == ("192.0.2.9/24",))
    await network.restore("eth0", kept)
    await network.restore("eth0", kept)
    await until(lambda eth0: not eth0.addresses)
    assert await network.setup("eth0") is None


async def _changed_and_back(network: Network, first: Setup) -> None:
    await until(lambda eth0: eth0.addresses == ("192.0.2.7/24",))
    assert await network.setup("eth0") == first
    kept = await network.keep("eth0")
    await network.use("eth0", FIXED)
    eth0 = await until(lambda eth0: eth0.addresses == ("192.0.2.9/24",))
    assert eth0.link
    await until(lambda eth0: eth0.gateway == "192.0.2.1")
    assert await network.setup("eth0") == FIXED
    await network.use("eth0", DHCP)
    await until(lambda eth0: not eth0.addresses)
    assert await network.setup("eth0") == DHCP
    for _ in range(2):
        await network.restore("eth0", kept)
        await until(lambda eth0: eth0.addresses == ("192.0.2.7/24",))
    assert await network.setup("eth0") == first


async def scenario_nothing() -> None:
    """Neither tool is there: what is now is told all the same, and who else has an address."""
    assert await found.network() == (None, found.NO_TOOL)
    await run("ip", "link", "set", "eth0", "up")
    await run("ip", "address", "add", "192.0.2.7/24", "dev", "eth0")
    await run("ip", "route", "add", "default", "via", "192.0.2.254", "dev", "eth0")
    await run("ip", "link", "add", "bridge0", "type", "bridge")
    eth0 = await until(lambda eth0: eth0.link)
    assert (eth0.addresses, eth0.gateway) == (("192.0.2.7/24",), "192.0.2.254")
    interfaces = {one.name: one for one in await links.wired()}
    assert set(interfaces) == {"eth0", "peer0"}
    assert await arp.taken_by("eth0", "192.0.2.1") == interfaces["peer0"].mac
    assert await arp.taken_by("eth0", "192.0.2.99") is None
    assert await arp.taken_by("eth9", "192.0.2.1") is None


SCENARIOS = {name: work for name, work in globals().items() if name.startswith("scenario_")}


def main(names: Sequence[str]) -> None:
    for name in names:
        asyncio.run(SCENARIOS[f"scenario_{name}"]())


if __name__ == "__main__":
    main(sys.argv[1:])
