"""A network interface of MicroPython as the contract's `Network`: `ipconfig` of 1.23 and later."""

import network

from shared.compat import const
from shared.errors import BadSetting, LinkLost

_DHCP_MS = const(15000)
_LOOK_MS = const(100)
_NONE = "0.0.0.0"  # noqa: S104 - no address, nothing is bound to it


class Nic:
    """`nic`: an active interface. See `contract.Network`."""

    def __init__(self, hal, nic):
        self._hal, self._nic = hal, nic

    async def configure(self, dhcp, address, mask, gateway, dns):
        try:
            if dhcp:
                self._nic.ipconfig(dhcp4=True)
            else:
                self._nic.ipconfig(dhcp4=False)
                self._nic.ipconfig(addr4=(address, mask), gw4=gateway)
            if dns and dns != _NONE:
                network.ipconfig(dns=dns)
        except (OSError, ValueError) as error:
            raise BadSetting("network %s/%s by %s: %s" % (address, mask, gateway, error))
        for _ in range(_DHCP_MS // _LOOK_MS if dhcp else 0):
            if self.addresses()["address"]:
                return
            await self._hal.sleep_ms(_LOOK_MS)
        if dhcp:
            # The client goes on asking by itself: an address may still come.
            raise LinkLost("no address from DHCP: is the cable in, is a server there?")

    def addresses(self):
        address, mask = self._nic.ipconfig("addr4")
        found = {
            "address": address,
            "mask": mask,
            "gateway": self._nic.ipconfig("gw4"),
            "dns": network.ipconfig("dns"),
        }
        for name in found:
            if found[name] == _NONE:
                found[name] = ""
        found["up"] = bool(self._nic.isconnected())
        return found

    def endpoint(self, port):
        return _NONE, port
