"""The hardware under MicroPython: `Hal` of contract.py, from the constants of one board."""

import asyncio
import binascii
import gc
import os
import time

import machine

from firmware import kept_values
from firmware.hal.bus_over_network import NetworkBus
from firmware.hal.console import ConsoleStream


class Hal:
    """`board`: a module of boards/. Made once: it counts the boot. See `contract.Hal`."""

    def __init__(self, board):
        self.board = board.NAME
        self.unique_id = binascii.hexlify(machine.unique_id()).decode()
        self.boot = kept_values.next_boot()
        self._bus_url = os.getenv(board.BUS_URL_VARIABLE)
        self._scale = int(os.getenv(board.TIME_SCALE_VARIABLE) or 1)
        self._started_us = time.ticks_us()
        self._utc = None  # (utc_s, time.ticks_ms() when it was set)

    def ticks_ms(self):
        if self._scale == 1:
            return time.ticks_ms()
        return time.ticks_diff(time.ticks_us(), self._started_us) * self._scale // 1000

    async def sleep_ms(self, ms):
        await asyncio.sleep_ms(-(-ms // self._scale))

    def utc_s(self):
        if self._utc is None:
            return None
        utc_s, at_ms = self._utc
        now_ms = time.ticks_ms()
        passed_s = time.ticks_diff(now_ms, at_ms) // 1000
        # Moved along with each call, so that the counter may wrap in a long life.
        self._utc = utc_s + passed_s, time.ticks_add(at_ms, 1000 * passed_s)
        return utc_s + passed_s

    def set_utc(self, utc_s):
        self._utc = utc_s, time.ticks_ms()

    def open_bus(self, baud=2400, parity=0):
        return NetworkBus(self, self._bus_url, baud, parity, self._scale)

    def link_stream(self):
        return ConsoleStream()

    def free_heap(self):
        gc.collect()
        return gc.mem_free()

    def reset(self):
        machine.reset()
