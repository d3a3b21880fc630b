"""NetworkManager: the IPv4 settings of the connection that an interface uses, by `nmcli`."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from host.system.network import Setup, setup_of
from host.system.tools import Run, SystemFault, run

_FIELDS = ("ipv4.method", "ipv4.addresses", "ipv4.gateway", "ipv4.dns", "ipv4.ignore-auto-dns")
_PERMISSION = "org.freedesktop.NetworkManager.settings.modify.system:yes"


class NetworkManager:
    """Interfaces looked after by NetworkManager."""

    name = "NetworkManager"

    def __init__(self, run: Run = run) -> None:
        self._run = run

    async def is_running(self) -> bool:
        """Tell whether NetworkManager answers."""
        with contextlib.suppress(SystemFault):
            return (await self._run("nmcli", "-g", "RUNNING", "general")).strip() == "running"
        return False

    async def may(self) -> bool:
        """Tell whether we may change anything."""
        told = await self._run("nmcli", "-t", "-f", "PERMISSION,VALUE", "general", "permissions")
        return _PERMISSION in told.split()

    async def setup(self, interface: str) -> Setup | None:
        """See `Network.setup`."""
        connection = await self._connection(interface)
        if not connection:
            return None
        found = await self._fields(connection)
        addresses, dns = (
            found[name].replace(",", " ").split() for name in (_FIELDS[1], _FIELDS[3])
        )
        return setup_of(
            dhcp=found["ipv4.method"] == "auto",
            with_prefix=addresses[0] if addresses else "",
            gateway=found["ipv4.gateway"],
            dns=tuple(dns),
        )

    async def keep(self, interface: str) -> Mapping[str, Any]:
        """See `Network.keep`: the connection and its settings, where there is one."""
        connection = await self._connection(interface)
        fields = dict(await self._fields(connection)) if connection else {}
        return {"connection": connection, "fields": fields}

    async def use(self, interface: str, setup: Setup) -> None:
        """See `Network.use`. An interface without a connection gets one."""
        method = "auto" if setup.dhcp else "manual"
        address = "" if setup.dhcp else setup.with_prefix
        gateway = "" if setup.dhcp else setup.gateway
        own_dns = "yes" if setup.dns else "no"
        values = (method, address, gateway, ",".join(setup.dns), own_dns)
        fields: dict[str, str] = dict(zip(_FIELDS, values, strict=True))
        connection = await self._connection(interface)
        if connection:
            await self._modify(interface, connection, fields)
            return
        name = _own_name(interface)
        add = ("nmcli", "connection", "add", "type", "ethernet", "ifname", interface)
        await self._run(*add, "con-name", name, *_flat(fields))
        await self._run("nmcli", "--wait", "0", "connection", "up", "id", name)

    async def restore(self, interface: str, kept: Mapping[str, Any]) -> None:
        """See `Network.restore`."""
        if kept["connection"]:
            await self._modify(interface, kept["connection"], kept["fields"])
            return
        name = _own_name(interface)
        names = await self._run("nmcli", "-g", "NAME", "connection", "show")
        if name in names.splitlines():
            await self._run("nmcli", "connection", "delete", "id", name)

    async def _modify(self, interface: str, connection: str, fields: Mapping[str, str]) -> None:
        await self._run("nmcli", "connection", "modify", "uuid", connection, *_flat(fields))
        try:
            await self._run("nmcli", "--wait", "0", "device", "reapply", interface)
        except SystemFault:  # the interface does not use it at the moment
            up = ("nmcli", "--wait", "0", "connection", "up", "uuid", connection)
            await self._run(*up, "ifname", interface)

    async def _connection(self, interface: str) -> str:
        """Return the UUID of the connection that the interface uses, "" for none."""
        told = await self._run("nmcli", "-g", "GENERAL.CON-UUID", "device", "show", interface)
        return told.strip()

    async def _fields(self, connection: str) -> Mapping[str, str]:
        """Return the IPv4 settings of a connection, as nmcli takes them again."""
        show = ("nmcli", "-t", "-f", ",".join(_FIELDS), "connection", "show", "uuid", connection)
        lines = (line.partition(":") for line in (await self._run(*show)).splitlines())
        return {name: value for name, _, value in lines if name in _FIELDS}


def _own_name(interface: str) -> str:
    return f"mbuslink-{interface}"


def _flat(fields: Mapping[str, str]) -> list[str]:
    return [word for pair in fields.items() for word in pair]
