"""Wi-Fi as a station: the role "network".

settings  none: name and key of the network are settings of the board
"""

import network

from firmware.hal.nic import Nic


def make(hal, settings):
    nic = network.WLAN(network.STA_IF)
    nic.active(True)
    return Wifi(hal, nic)


class Wifi(Nic):
    """See `contract.Network` and `contract.Wifi`."""

    def join(self, ssid, key):
        self._nic.disconnect()
        if ssid:
            self._nic.connect(ssid, key or None)
