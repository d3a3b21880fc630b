"""Ethernet by a WIZnet W5500 on SPI: the role "network".

settings  spi, sck, mosi, miso, cs, reset: how the chip is wired
"""
# The stubs are of another port:
# pyright: reportCallIssue=false, reportAttributeAccessIssue=false

import machine
import network

from firmware.hal.nic import Nic


def make(hal, settings):
    spi = machine.SPI(
        settings["spi"],
        baudrate=20000000,
        sck=machine.Pin(settings["sck"]),
        mosi=machine.Pin(settings["mosi"]),
        miso=machine.Pin(settings["miso"]),
    )
    nic = network.WIZNET5K(spi, machine.Pin(settings["cs"]), machine.Pin(settings["reset"]))
    nic.active(True)
    return Nic(hal, nic)
