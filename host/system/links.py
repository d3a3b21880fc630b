"""The wired interfaces of this computer as they are now, as the kernel knows them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from host.system.network import Interface
from host.system.tools import Run, run

# systemd-resolved answers on 127.0.0.53 itself; the servers that it asks stand in its own file.
_RESOLVERS = (Path("/run/systemd/resolve/resolv.conf"), Path("/etc/resolv.conf"))
_PHYSICAL = (None, "veth")
"""Kinds of interface that are a cable; a container's end of one is a veth."""


async def wired(run: Run = run) -> Sequence[Interface]:
    """Return the wired interfaces in the kernel's order. Raises `SystemFault`."""
    links: list[dict[str, Any]] = json.loads(await run("ip", "-j", "-d", "link", "show"))
    told = json.loads(await run("ip", "-j", "-4", "address", "show"))
    routes = json.loads(await run("ip", "-j", "-4", "route", "show", "default"))
    addresses: dict[str, list[str]] = {
        link["ifname"]: [f"{one['local']}/{one['prefixlen']}" for one in link["addr_info"]]
        for link in told
        if link  # an interface without any is an empty object
    }
    gateways: dict[str, str] = {}
    for route in routes:
        gateways.setdefault(route["dev"], route.get("gateway", ""))
    dns = tuple(resolvers())
    return [
        Interface(
            link["ifname"],
            link["address"],
            "LOWER_UP" in link["flags"],
            tuple(addresses.get(link["ifname"], ())),
            gateways.get(link["ifname"], ""),
            dns,
        )
        for link in links
        if _is_wired(link)
    ]


def resolvers(files: Sequence[Path] = _RESOLVERS) -> Sequence[str]:
    """Return the DNS servers that this computer asks, out of the first of `files` that is there."""
    for file in files:
        try:
            lines = file.read_text(errors="replace").splitlines()
        except OSError:
            continue
        words = (line.split() for line in lines)
        return [found[1] for found in words if len(found) > 1 and found[0] == "nameserver"]
    return []


def _is_wired(link: dict[str, Any]) -> bool:
    """Tell whether it is a cable: no loopback, no radio, no bridge or tunnel, no part of one."""
    name = link["ifname"]
    return (
        link["link_type"] == "ether"
        and link.get("linkinfo", {}).get("info_kind") in _PHYSICAL
        and "master" not in link
        and not Path(f"/sys/class/net/{name}/phy80211").exists()
    )
