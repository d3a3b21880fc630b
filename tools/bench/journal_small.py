"""The half of `bench journal` that runs on MicroPython: prints a line of JSON with its figures."""

import asyncio
import gc
import json
import struct
import time
from array import array
from binascii import crc32

import vfs

from firmware.journal.journal import Journal
from firmware.journal.store import Store
from tools.bench.flash_small import Flash, Hal

FOLDER = "/flash/journal"
UTC = 1771027200


def readings(file):
    """Yield (ms, address, telegrams) of all in `file`."""
    while True:
        head = file.read(12)
        if not head:
            return
        at_ms, address, size = struct.unpack("<QHH", head)
        blob = file.read(size)
        telegrams = []
        while blob:
            end = blob[1] + 6
            telegrams.append(blob[:end])
            blob = blob[end:]
        yield at_ms, str(address), telegrams


def used():
    gc.collect()
    return gc.mem_alloc()


class Bench:
    def __init__(self, blocks):
        self.flash = Flash(blocks)
        self.flash.mount()
        self.hal = Hal(1)
        self.hal.utc_at_0 = UTC
        self.store = Store(FOLDER)
        self.journal = Journal(self.hal, store=self.store)
        for _ in self.store.load():
            pass
        self.journal._ready.set()
        self.checks = array("I")
        self.pack_us = self.writes = self.heap_waiting = 0

    def add(self, at_ms, address, telegrams):
        hal = self.hal
        hal.now_ms = at_ms + 5000
        entry = {
            "ticks_ms": hal.ticks_ms(),
            "utc_s": hal.utc_s(),
            "segment": 1,
            "address": address,
            "baud": 2400,
            "kind": "meter",
            "telegrams": telegrams,
            "error": None,
        }
        self.journal.add(entry)
        self.checks.append(check(entry))

    async def settle(self):
        """Do what the journal's own task would do now."""
        journal = self.journal
        journal._look_at_clock()
        if journal._is_due():
            before = used() if self.writes == 50 else 0
            started = time.ticks_us()
            await journal._flush()
            self.pack_us += time.ticks_diff(time.ticks_us(), started)
            self.writes += 1
            if before:
                self.heap_waiting = before - used()

    async def away(self, file):
        for reading in readings(file):
            self.add(reading[0], reading[1], reading[2])
            await self.settle()
        await self.journal.save()

    async def back(self):
        """The host comes: take all, check all; a meter is read with every page."""
        journal = self.journal
        held = journal.held
        last = journal.newest
        found = meanwhile = 0
        first = len(self.checks) - held
        spent_us = 0
        while True:
            started = time.ticks_us()
            entries = await journal.fetch(0, 0, 32)
            spent_us += time.ticks_diff(time.ticks_us(), started)
            if not entries:
                return found, meanwhile, spent_us // max(1, found)
            for entry in entries:
                number = entry["number"]
                if number > last:
                    meanwhile += 1
                elif number == first + found + 1 and check(entry) == self.checks[number - 1]:
                    found += 1
            journal.acknowledge(entries[-1]["boot"], entries[-1]["number"])
            self.store.tidy()
            if found < held:
                self.add(self.hal.now_ms - 4000, "7", entries[0]["telegrams"])
                await self.settle()


def check(entry):
    text = f"{entry['ticks_ms']} {entry['address']} {entry['utc_s']}"
    return crc32(b"".join(entry["telegrams"]), crc32(text.encode()))


def main(path, blocks):
    """Keep the readings of the file `path` in a flash of so many blocks; print the figures."""
    bench = Bench(blocks)
    with open(path, "rb") as file:
        asyncio.run(bench.away(file))
    store = bench.store
    result = {
        "lost": store.lost,
        "bytes": sum([segment.size for segment in store._readings.segments]),
        "taken": store.taken,
        "erases": bench.flash.erases,
        "writes": bench.writes,
        "blocks": blocks,
        "pack_us": bench.pack_us // len(bench.checks),
        "heap_waiting": bench.heap_waiting,
    }
    index = store._readings.segments[-1]
    before = used()
    index.unload()
    result["heap_index"] = 2 * (before - used())
    for _ in index.load():
        pass
    result["back"], result["meanwhile"], result["unpack_us"] = asyncio.run(bench.back())
    print(json.dumps(result))
    vfs.umount("/flash")
