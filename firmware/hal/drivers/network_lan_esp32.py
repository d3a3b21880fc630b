"""Ethernet of an ESP32 with a PHY LAN8710 or LAN8720: the role "network".

settings  mdc, mdio: pins to the PHY; power: pin that feeds it; phy_addr: its address
          ref_clk: pin at which the ESP32 gives the 50 MHz clock
"""
# The stubs are of another port:
# pyright: reportCallIssue=false, reportAttributeAccessIssue=false

import machine
import network

from firmware.hal.nic import Nic


def make(hal, settings):
    nic = network.LAN(
        mdc=machine.Pin(settings["mdc"]),
        mdio=machine.Pin(settings["mdio"]),
        power=machine.Pin(settings["power"]),
        ref_clk=machine.Pin(settings["ref_clk"]),
        ref_clk_mode=machine.Pin.OUT,
        phy_type=network.PHY_LAN8720,
        phy_addr=settings["phy_addr"],
    )
    nic.active(True)
    return Nic(hal, nic)
