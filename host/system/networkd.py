"""systemd-networkd: a file of ours for each interface, and `networkctl`.

Ours comes before every other file, whose settings for that interface do not count any more.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from host.system import files
from host.system.network import Setup, setup_of
from host.system.tools import Run, SystemFault, run

FOLDER = Path("/etc/systemd/network")
_YES = ("yes", "true", "on", "1", "ipv4")


class Networkd:
    """Interfaces looked after by systemd-networkd. folder: of its files."""

    name = "systemd-networkd"

    def __init__(self, run: Run = run, folder: Path = FOLDER) -> None:
        self._run = run
        self._folder = folder

    async def is_running(self) -> bool:
        """Tell whether networkd answers."""
        with contextlib.suppress(SystemFault):
            return bool(await self._run("networkctl", "--json=short", "list"))
        return False

    async def may(self) -> bool:
        """Tell whether we may change anything."""
        place = self._folder if self._folder.exists() else self._folder.parent
        return os.access(place, os.W_OK)

    async def setup(self, interface: str) -> Setup | None:
        """See `Network.setup`."""
        told = json.loads(await self._run("networkctl", "--json=short", "status", interface))
        try:
            return parse(_text(told["NetworkFile"]))
        except (KeyError, OSError, ValueError):
            return None

    async def keep(self, interface: str) -> Mapping[str, Any]:
        """See `Network.keep`: our file, None where there is none."""
        try:
            return {"file": _text(self._file(interface))}
        except FileNotFoundError:
            return {"file": None}

    async def use(self, interface: str, setup: Setup) -> None:
        """See `Network.use`."""
        await self._write(interface, write(interface, setup))

    async def restore(self, interface: str, kept: Mapping[str, Any]) -> None:
        """See `Network.restore`."""
        await self._write(interface, kept["file"])

    async def _write(self, interface: str, text: str | None) -> None:
        files.write(self._file(interface), text or "", text is not None)
        await self._run("networkctl", "reload")
        await self._run("networkctl", "reconfigure", interface)

    def _file(self, interface: str) -> Path:
        return self._folder / f"05-mbuslink-{interface}.network"


def _text(file: str | Path) -> str:
    return Path(file).read_text()


def write(interface: str, setup: Setup) -> str:
    """Return the file that sets `interface` so (systemd.network(5))."""
    lines = ["# Written by mbuslink: change it on its page Network.", "[Match]"]
    lines += [f"Name={interface}", "", "[Network]"]
    if setup.dhcp:
        lines.append("DHCP=ipv4")
    else:
        lines += ["DHCP=no", f"Address={setup.with_prefix}"]
        lines += [f"Gateway={setup.gateway}"] if setup.gateway else []
    lines += [f"DNS={server}" for server in setup.dns]
    lines += ["", "[DHCPv4]", "UseDNS=no"] if setup.dhcp and setup.dns else []
    return "\n".join(lines) + "\n"


def parse(text: str) -> Setup:
    """Return what a .network file, ours or another, sets of IPv4. Raises `ValueError`."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in map(str.strip, text.splitlines()):
        name, equals, value = line.partition("=")
        if line.startswith("["):
            section = line
        elif equals and section in ("[Network]", "[Address]", "[Route]"):
            found.setdefault(name.strip(), []).extend(value.split())
    address = next((one for one in found.get("Address", ()) if ":" not in one), "")
    gateway = next((one for one in found.get("Gateway", ()) if ":" not in one), "")
    return setup_of(
        dhcp=found.get("DHCP", ["no"])[-1].lower() in _YES,
        with_prefix=address,
        gateway=gateway if gateway[:1].isdigit() else "",
        dns=tuple(one for one in found.get("DNS", ()) if ":" not in one),
    )
