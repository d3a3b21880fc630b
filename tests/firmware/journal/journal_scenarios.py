"""The journal on a LittleFS that is cut off at any write: for MicroPython, no pytest in here."""

import asyncio

import vfs

from firmware.journal.journal import Journal
from firmware.journal.store import Store
from shared.mbus import encode, frames

FOLDER = "/flash/journal"


class Flash:
    """A NOR flash in RAM. In the midst of write or erase number `cut` the power fails."""

    SIZE = 4096

    def __init__(self, count):
        self.image = bytearray(count * self.SIZE)
        self.count = count
        self.plug = None
        self.begin_anew()

    def begin_anew(self):
        """Be an empty file system."""
        self.cut = None
        self.operations = self.erases = 0
        vfs.VfsLfs2.mkfs(Plug(self), progsize=256)
        self.operations = self.erases = 0

    def mount(self):
        self.plug = Plug(self)
        vfs.mount(vfs.VfsLfs2(self.plug, progsize=256), "/flash")

    def power_off(self):
        self.plug.flash = None  # a file that is found open later must not write
        vfs.umount("/flash")

    def change(self, start, data):
        """Write `data`, or half of it when the power fails."""
        self.operations += 1
        if self.cut is not None and self.operations >= self.cut:
            if self.operations == self.cut:
                half = len(data) // 2
                self.image[start : start + half] = data[:half]
            raise OSError(5)
        self.image[start : start + len(data)] = data


class Plug:
    """Flash as one boot has it: dead after the power is off."""

    ERASED = b"\xff" * Flash.SIZE

    def __init__(self, flash):
        self.flash = flash

    def readblocks(self, block, buffer, offset=0):
        if self.flash is None:
            return -5
        start = block * Flash.SIZE + offset
        buffer[:] = self.flash.image[start : start + len(buffer)]
        return 0

    def writeblocks(self, block, buffer, offset=0):
        if self.flash is None:
            return -5
        self.flash.change(block * Flash.SIZE + offset, buffer)
        return 0

    def ioctl(self, op, block):
        if op == 4:
            return self.flash.count
        if op == 5:
            return Flash.SIZE
        if op == 6:
            if self.flash is None:
                return -5
            self.flash.change(block * Flash.SIZE, self.ERASED)
            self.flash.erases += 1
        return 0


class Hal:
    """Time goes by itself: `sleep_ms` moves it on."""

    scale = 1

    def __init__(self, boot):
        self.boot = boot
        self.now_ms = 5000
        self.utc_at_0 = None

    def ticks_ms(self):
        return self.now_ms & 0x3FFFFFFF

    def utc_s(self):
        return None if self.utc_at_0 is None else self.utc_at_0 + self.now_ms // 1000

    async def sleep_ms(self, ms):
        self.now_ms += ms
        await asyncio.sleep(0)


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
