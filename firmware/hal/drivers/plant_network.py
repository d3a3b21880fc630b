"""The twin's network: an address on paper, told to the plant; its servers listen on this computer.

settings  ports: for each port of a board the environment variable with the one on this computer
"""

import os

from firmware.hal import plant_io

# What a DHCP server of the plant gives.
_LEASE = ("192.168.1.50", "255.255.255.0", "192.168.1.1", "192.168.1.1")


def make(hal, settings):
    """Return the `Network`; None for a twin that serves no port: it is in no LAN."""
    ports = settings["ports"]
    if not any([os.getenv(ports[port]) for port in ports]):
        return None
    return PlantNetwork(plant_io.of(hal), ports)


class PlantNetwork:
    """See `contract.Network`."""

    def __init__(self, io, ports):
        self._io = io
        self._ports = ports
        self._addresses = {"up": False, "address": "", "mask": "", "gateway": "", "dns": ""}

    async def configure(self, dhcp, address, mask, gateway, dns):
        has = _LEASE if dhcp else (address, mask, gateway, dns)
        found = {"address": has[0], "mask": has[1], "gateway": has[2], "dns": has[3]}
        if self._io:
            self._io.set("network", dict(found, dhcp=dhcp))
        found["up"] = True
        self._addresses = found

    def addresses(self):
        return dict(self._addresses)

    def endpoint(self, port):
        local = os.getenv(self._ports[port])
        return ("127.0.0.1", int(local)) if local else None
