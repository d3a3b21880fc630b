"""Three days without a host, on MicroPython: logger, journal and a LittleFS, in time that jumps.

No pytest in here.
"""

import asyncio
import gc
import os

from firmware.clock import Clock
from firmware.journal.journal import Journal
from firmware.journal.store import Store
from firmware.readout.logger import Logger
from tests.fakes.virtual_time import MemoryFlash, VirtualBuses, VirtualHal
from tests.firmware.journal.journal_scenarios import FOLDER, entry
from tools.bench.flash_small import Flash

NOON = 1795953600  # 2026-11-29 12:00:00 UTC
DAYS = 3
DAY_S = 86400
CYCLE_S = 900
METERS = 3
BLOCKS = 40
ROOM = 80000  # bytes that the journal may take of them
AT_ONCE = 32  # entries that a host takes
LOOK_MS = 20000


class Hal(VirtualHal):
    """The journal looks every 20 s instead of every 0.5 s, or three days would take minutes."""

    scale = 1

    async def sleep_ms(self, ms):
        await super().sleep_ms(LOOK_MS if ms == 500 else ms)


class Site:
    """A board that reads by itself. What its reading number n says is known: `said(n)`."""

    def __init__(self):
        flash = Flash(BLOCKS)
        flash.begin_anew()
        flash.mount()
        self.hal = Hal()
        buses = VirtualBuses(self.hal)
        buses[1].read_meter = self.read_meter
        self.store = Store(FOLDER, ROOM)
        self.journal = Journal(self.hal, store=self.store, quiet=buses.quiet, free=free_heap)
        clock = Clock(self.hal)
        clock.set_utc(NOON)
        self.logger = Logger(self.hal, clock, buses, self.journal, kept=MemoryFlash())
        self.readings = 0
        self.tasks = [asyncio.create_task(part.run()) for part in (self.journal, self.logger)]

    async def read_meter(self, address, **how):
        await self.hal.sleep_ms(900)
        self.readings += 1
        assert int(address) == meter_of(self.readings)
        return self.said(self.readings)

    def said(self, number):
        return entry(self.hal, meter_of(number), number)["telegrams"]

    async def give(self):
        """Hand over the schedule, as a host does before it goes."""
        meters = [{"address": str(n + 1)} for n in range(METERS)]
        whole = {"revision": "00000001", "cycle_s": CYCLE_S, "dates": [], "offsets": []}
        whole.update({"total": METERS, "first": 0, "meters": meters})
        await self.logger.handlers()["schedule.set"](whole)

    async def fetch(self):
        asked = {"boot": 0, "after": 0, "limit": AT_ONCE}
        return (await self.journal.handlers()["journal.fetch"](asked))["entries"]

    async def acknowledge(self, entries):
        last = entries[-1]
        place = {"boot": last["boot"], "number": last["number"]}
        await self.journal.handlers()["journal.acknowledge"](place)

    def check(self, entries, first):
        """Assert that `entries` are the readings from number `first` on, each as it was."""
        for number, found in enumerate(entries, first):
            assert found["number"] == number, "lost, twice or out of order"
            assert found["address"] == str(meter_of(number))
            assert found["telegrams"] == self.said(number), "damaged"
            assert 0 <= found["utc_s"] - NOON - CYCLE_S * ((number - 1) // METERS) < 10


def meter_of(number):
    """Return which meter gives reading `number`: they take turns."""
    return (number - 1) % METERS + 1


def free_heap():
    gc.collect()
    return gc.mem_free()


async def three_days_away():
    """Return how many readings were made without a host, and how many while it caught up."""
    site = Site()
    await site.give()
    await site.hal.run(DAYS * DAY_S + 1)  # in the midst of a reading
    away = site.readings
    assert site.store.left > away - 2 * METERS, "they wait in RAM, where a power cut gets them"
    site.check(await site.fetch(), 1)  # and the host, or the link, is gone again
    await site.hal.run(60)
    home = 0
    while site.journal.held:
        entries = await site.fetch()
        site.check(entries, home + 1)
        await site.acknowledge(entries)
        home += len(entries)
        await site.hal.run(60)
    assert home == site.readings == site.journal.newest
    assert site.journal.lost == 0
    await site.hal.run(60)
    assert os.listdir(FOLDER) == ["state"], "flash is not cleared"
    for task in site.tasks:
        task.cancel()
    return away, home - away
