"""The journal on a LittleFS that is cut off at any write: for MicroPython, no pytest in here."""

import asyncio

from firmware.journal.journal import Journal
from firmware.journal.store import Store
from shared.mbus import encode, frames
from tools.bench.flash_small import Flash, Hal

FOLDER = "/flash/journal"


def entry(hal, meter, value, kind="meter"):
    """Return a reading of meter number `meter`: a heat meter at `value`."""
    r = encode.record
    records = r("int32", b"\x06", value) + r("int16", b"\x5a", 700 + value % 9)
    records += r("bcd8", b"\x13", 7 * value) + r("int32", b"\x06", 4711, storage=1)
    data = encode.variable_data(f"{meter:08d}", "ACW", 1, 4, value & 255, 0, 0, records)
    return {
        "ticks_ms": hal.ticks_ms(),
        "utc_s": hal.utc_s(),
        "segment": 1,
        "address": str(meter),
        "baud": 2400,
        "kind": kind,
        "telegrams": [frames.long_frame(8, meter & 0xFF, 0x72, data)],
        "error": None,
    }


class Life:
    """Boots of one board; remembers what it was told, what it said was safe, what went."""

    def __init__(self, flash):
        self.flash = flash
        self.told = {}
        self.safe = set()  # in flash, and neither acknowledged nor given up
        self.fresh = set()  # added, and not yet in flash
        self.lost = 0
        self.boot = 0

    def start(self, room=20000):
        """Begin a boot; return its journal and its HAL."""
        self.flash.mount()
        self.boot += 1
        self.fresh = set()
        self.hal = Hal(self.boot)
        self.store = Store(FOLDER, room)
        self.journal = Journal(self.hal, store=self.store)
        for _ in self.store.load():
            pass
        self.journal._ready.set()
        return self.journal, self.hal

    def add(self, meter, value, kind="meter"):
        made = entry(self.hal, meter, value, kind)
        number = self.journal.add(made)
        self.told[self.boot, number] = made["telegrams"], kind
        self.fresh.add((self.boot, number))

    async def save(self):
        """Save, and note what is safe by that, and how many had been lost by then."""
        await self.journal.save()
        self.safe |= self.fresh
        self.fresh = set()
        if self.lost != self.store.lost:
            self.lost = self.store.lost
            self.safe = set(await self.held())

    async def held(self):
        """Return the places of all entries held, in order; each must be as it was told."""
        found = []
        place = (0, 0)
        while True:
            entries = await self.journal.fetch(place[0], place[1], 32)
            if not entries:
                return found
            for made in entries:
                before, place = place, (made["boot"], made["number"])
                assert place > before, "twice or out of order"
                telegrams, kind = self.told[place]
                assert made["telegrams"] == telegrams, "damaged"
                assert made["kind"] == kind
                found.append(place)


async def story(life):
    """A life of two boots: the host away, then there for a moment, then a full journal."""
    journal, hal = life.start()
    for number in range(60):
        hal.now_ms += 750
        life.add(number % 20 + 1, number * 3, "date" if 20 <= number < 25 else "meter")
        if number % 10 == 9:
            await life.save()
    hal.utc_at_0 = 1795371000
    await journal.fetch(0, 0, 1)
    life.safe = {place for place in life.safe if place > (1, 30)}
    journal.acknowledge(1, 30)
    await life.save()
    life.flash.power_off()
    journal, hal = life.start()
    for number in range(800):
        hal.now_ms += 750
        life.add(number % 60 + 1, number * 37)
        if number % 50 == 49:
            await life.save()
    assert life.store.lost > 50, life.store.taken


def cut_everywhere(first, step):
    """Cut the story at every `step`-th operation from `first` on; return where it came to its end.

    Whatever was safe is there afterwards unless it was given up as the oldest and counted; nothing
    is damaged, twice or out of order; reading goes on.
    """
    flash = Flash(48)
    cut = first
    while True:
        flash.begin_anew()
        life = Life(flash)
        flash.cut = cut
        try:
            asyncio.run(story(life))
            flash.power_off()
            return cut
        except OSError:
            pass
        flash.power_off()
        flash.cut = None
        asyncio.run(_after(life, flash))
        cut += step


async def _after(life, flash):
    safe, lost = life.safe, life.lost
    journal, _ = life.start()
    held = set(await life.held())
    missing = [place for place in safe if place not in held]
    assert life.store.lost - lost == len(missing), "lost and counted are not the same"
    if missing:
        oldest = min([place for place in held if life.told[place][1] != "date"])
        assert max(missing) < oldest, "not the oldest were given up"
        assert not [place for place in missing if life.told[place][1] == "date"]
    life.add(3, 9)
    await life.save()
    assert (life.boot, 1) in life.safe
    journal.acknowledge(life.boot, 1)
    assert journal.held == 0
    life.store.tidy()
    flash.power_off()
    journal, _ = life.start()
    assert journal.held == 0
    assert await life.held() == []
    flash.power_off()
