"""The hardware under MicroPython: `Hal` of contract.py, from the table of one board.

A board's PARTS are rows (role, driver, settings). The driver is a module of firmware/hal/drivers
with `make(hal, settings)`, which returns the object that the contract promises for the role, or
None where the part is not fitted. Only the drivers a board names are installed on it.
"""

import asyncio
import binascii
import gc
import os
import time

import machine

from firmware import kept_values
from firmware.hal.console import ConsoleStream
from shared.errors import BadSetting

WATCHDOG_MS = 8300  # the longest that an RP2040 can wait
HEAP_HOLDS_MS = 1000


class Hal:
    """`board`: a module of boards/. Made once: it counts the boot. See `contract.Hal`."""

    def __init__(self, board):
        self.board = board.NAME
        self.unique_id = binascii.hexlify(machine.unique_id()).decode()
        self.boot = kept_values.next_boot()
        variable = getattr(board, "TIME_SCALE_VARIABLE", None)
        self.scale = int(os.getenv(variable) or 1) if variable else 1
        self._started_us = time.ticks_us()
        self._heap = None  # (free bytes, time.ticks_ms() when they were counted)
        self._utc = None  # (utc_s, time.ticks_ms() when it was set)
        self._watchdog = None
        self._power_failing = []
        parts = {}
        for role, driver, settings in board.PARTS:
            part = _driver(driver).make(self, settings)
            if part is not None:
                parts.setdefault(role, []).append(part)
        self._buses = parts.get("bus", [])
        self.segments = len(self._buses)
        self.supplies = parts.get("supply", [])[: self.segments]
        self.pulse_counters = parts.get("pulse", [])
        self.thermometers = parts.get("thermometer", [])
        self.relays = parts.get("relay", [])
        self.display = _only(parts, "display")
        self.keys = _only(parts, "keys")
        self.leds = _only(parts, "leds")
        self.network = _only(parts, "network")
        self.converter = _only(parts, "converter")

    def ticks_ms(self):
        if self.scale == 1:
            return time.ticks_ms()
        return time.ticks_diff(time.ticks_us(), self._started_us) * self.scale // 1000

    def ticks_us(self):
        return time.ticks_diff(time.ticks_us(), self._started_us) * self.scale

    async def sleep_ms(self, ms):
        await asyncio.sleep_ms(-(-ms // self.scale))

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

    def open_bus(self, segment=1):
        if not 1 <= segment <= self.segments:
            raise BadSetting("segment %d: this board has %d" % (segment, self.segments))
        return self._buses[segment - 1]

    def link_stream(self):
        return ConsoleStream()

    def on_power_failing(self, callback):
        self._power_failing.append(callback)

    def power_failing(self):
        for callback in self._power_failing:
            callback()

    def watchdog(self):
        if self._watchdog is None:
            self._watchdog = machine.WDT(timeout=WATCHDOG_MS)
        self._watchdog.feed()

    def free_heap(self):
        # A collection stops everything for 10 ms on a board: one a second, however often it is
        # asked for.
        now_ms = time.ticks_ms()
        if self._heap is None or not 0 <= time.ticks_diff(now_ms, self._heap[1]) < HEAP_HOLDS_MS:
            gc.collect()
            self._heap = gc.mem_free(), now_ms
        return self._heap[0]

    def reset(self):
        machine.reset()


def _driver(name):
    """Return the module firmware/hal/drivers/`name`."""
    return getattr(__import__("firmware.hal.drivers." + name).hal.drivers, name)


def _only(parts, role):
    """Return the one part of `role`, None when it is not fitted."""
    found = parts.get(role)
    return found[0] if found else None
