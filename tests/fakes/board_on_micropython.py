"""Runs on MicroPython, from the repository's root: the link server on a made-up HAL and bus.

It speaks over its standard input and output. Meter "N" has N telegrams of 250 bytes; meter "0" has
none and fails. The journal is small, so that a test can fill it.
"""

import asyncio
import gc
import select
import sys
import time

sys.path.insert(0, "")

from firmware.clock import Clock
from firmware.host_requests import HostRequests
from firmware.journal.journal import Journal
from firmware.link_server import LinkServer
from shared.errors import NoAnswer


class Console:
    """Standard input and output as a `LinkStream`."""

    def __init__(self):
        self._reader = asyncio.StreamReader(sys.stdin.buffer)
        self._ready = select.poll()
        self._ready.register(sys.stdin.buffer, select.POLLIN)

    async def read(self, count):
        data = await self._reader.read(1)
        if not data:
            sys.exit()
        while len(data) < count and self._ready.poll(0):
            more = sys.stdin.buffer.read(1)
            if not more:
                sys.exit()
            data += more
        return data

    async def write(self, data):
        sys.stdout.buffer.write(data)
        await asyncio.sleep_ms(0)


class Hal:
    board = "micropython"
    scale = 1
    unique_id = "00"
    boot = 1
    utc = None

    def ticks_ms(self):
        return time.ticks_ms()

    def utc_s(self):
        return self.utc

    def set_utc(self, utc_s):
        self.utc = utc_s

    def free_heap(self):
        gc.collect()
        return gc.mem_free()

    def link_stream(self):
        return Console()


class Worker:
    busy = False

    async def read_meter(self, segment, address, **settings):
        print("reading " + address)  # console text among the records
        await asyncio.sleep_ms(1)
        if address == "0":
            raise NoAnswer("meter 0")
        return [bytes([number]) * 250 for number in range(int(address))]


hal = Hal()
server = LinkServer(hal)
journal = Journal(hal, 16384, server.tell)
server.add(journal.handlers())
server.add(Clock(hal).handlers())
server.add(HostRequests(hal, Worker(), journal, server).handlers())
asyncio.run(server.run())
