"""Readings kept until the host has them: the raw telegrams, numbered within one boot.

While the host comes in time, entries live and die in RAM and flash is never touched. They go into
flash (`store`) in batches: when they have waited for a minute, when RAM is half full, and
when `save` is called. (boot, number) names an entry for ever; those of earlier boots come first.
When there is no room the oldest go, those of a reading date last, and `lost` says how many, so the
gap is known.

An entry that was made before the clock was known gets its UTC on the way out, from the uptime:
ticks that go on where they wrap. Nothing is decoded.
"""

import asyncio
import gc

from firmware.journal.series import place_of
from firmware.journal.store import Store
from shared.compat import const
from shared.errors import BadSetting

_ENTRY_COST = const(240)  # bytes of RAM for an entry beside its telegrams, about
_TELEGRAM_COST = const(32)
_FETCH_BYTES = const(8192)  # telegrams in one `fetch`: the host asks again for the rest
_WAIT_MS = const(60000)  # how long an entry stays in RAM alone
_AWAY_MS = const(15000)  # a host that has not asked for so long is away
_TIDY_MS = const(10000)
_LOOK_MS = const(500)
_SPARE = const(12288)  # bytes of RAM that entries leave to others, whatever `room` says
_SHORT = const(24576)  # with less than this free they go into flash: packing takes some, too
_FEW = const(4096)  # bytes of entries that may always be; no write to flash for less
_TICKS = const(0x40000000)


class Journal:
    """hal: its boot, its clocks and `sleep_ms`. room: bytes of RAM that the entries may take.

    free: function that returns the free bytes of RAM, None where there is plenty: entries take less
    than `room` while others need it.

    store: a `Store` in flash; None to keep all in RAM. quiet: `Buses.quiet`, so that flash is not
    written while a telegram comes. tell: `LinkServer.tell`, to say that an entry was added.
    """

    def __init__(self, hal, room=24576, tell=None, store=None, quiet=None, free=None):
        self.boot = hal.boot
        self.newest = 0  # number of the last entry of this boot, 0 for none
        self.fault = None  # why flash could not be read or written last, as text; None if it could
        self._hal = hal
        self._tell = tell
        self._store = store or Store()
        self._quiet = quiet
        self._room = room
        self._free = free
        self._used = 0
        self._entries = []  # in RAM: (entry, uptime in ms), the oldest first
        self._ticks = hal.ticks_ms() % _TICKS
        self._uptime_ms = self._ticks
        self._heard_ms = None  # uptime when the host asked last
        self._tidied_ms = 0
        self._batch = None  # entries that are being packed
        self._dropped = 0  # of them that are no longer in RAM
        self._ready = asyncio.Event()
        if not self._store.keeps:
            self._ready.set()
        self._watchers = []

    @property
    def held(self):
        """How many entries wait to be acknowledged, those of earlier boots too."""
        return len(self._entries) + self._store.left

    @property
    def lost(self):
        """How many entries had to go unacknowledged, ever."""
        return self._store.lost

    def watch(self, callback):
        """Have `callback(entry)` called with each entry that is added."""
        self._watchers.append(callback)

    def add(self, entry):
        """Keep `entry`, a dict as `entry` of `shared.link.messages`; return its number.

        The entry gets "number" and "boot". One larger than the whole room is kept alone.
        """
        cost = _cost(entry)
        room = self._room_now(_SPARE)
        while self._entries and self._used + cost > room:
            self._make_room()
        self.newest += 1
        entry["number"] = self.newest
        entry["boot"] = self.boot
        self._entries.append((entry, self._uptime(entry["ticks_ms"])))
        self._used += cost
        for callback in self._watchers:
            callback(entry)
        if self._tell:
            self._tell("journal.added", {"boot": self.boot, "number": self.newest})
        return self.newest

    async def fetch(self, boot, after, limit):
        """Return up to `limit` entries after number `after` of `boot`, the oldest first, as a list.

        Fewer come when their telegrams would be over 8 KB together; the first always comes.
        """
        await self._ready.wait()
        self._look_at_clock()
        place = (boot, after)
        chosen = []
        size = 0
        while len(chosen) < limit:
            found = self._next(place)
            if found is None:
                break
            entry = found[0]
            size += sum([len(telegram) for telegram in entry["telegrams"]])
            if chosen and size > _FETCH_BYTES:
                break
            chosen.append(self._with_time(found))
            place = place_of(entry)
            await asyncio.sleep(0)
        return chosen

    def acknowledge(self, boot, number):
        """Forget the entries up to `number` of `boot`, and all of earlier boots: they are stored.

        Numbers already forgotten do no harm. Raises BadSetting for a boot that has not been yet or
        a number not given out yet: the host mistakes this journal for another.
        """
        if boot > self.boot:
            raise BadSetting("the journal is of boot %d, not %d" % (self.boot, boot))
        if boot == self.boot and number > self.newest:
            raise BadSetting("the newest entry is %d, not %d" % (self.newest, number))
        self._forget((boot, number))
        self._store.acknowledge((boot, number))
        if self._batch is not None and not self._store.is_current(self._batch):
            self._cancel()

    async def flush(self):
        """Bring what is held into flash if no host is there to take it."""
        if self._is_away():
            await self._flush()

    async def save(self):
        """Bring all that is held into flash at once: the power fails, or a restart is coming.

        It waits neither for a quiet bus nor for others. OSError when flash is full or broken.
        """
        self._cancel()
        while self._store.keeps and self._entries:
            self._batch = self._store.begin(self._entries[0][0])
            for entry, uptime_ms in self._entries:
                if not self._store.pack(self._batch, entry, uptime_ms):
                    break
            self._write()
        if self._store.untidy:
            self._store.tidy()

    def power_failing(self):
        """Save as soon as what runs now has ended. May be called at any moment, by an interrupt."""
        self._saving = asyncio.create_task(self.save())  # kept: asyncio holds a task only weakly

    async def run(self):
        """Keep flash up to date until cancelled."""
        if not self._ready.is_set():
            await self._load()
        while True:
            await self._hal.sleep_ms(_LOOK_MS)
            self._look_at_clock()
            try:
                if self._is_due():
                    await self._flush()
                elif self._store.untidy and self._uptime_ms - self._tidied_ms > _TIDY_MS:
                    self._tidied_ms = self._uptime_ms
                    await self._tidy()
            except OSError as error:
                self._cancel()
                self.fault = str(error)
                await self._hal.sleep_ms(_WAIT_MS)
            except MemoryError:  # what fits stays in RAM until there is more: flash is sound
                self._cancel()
                gc.collect()
                await self._hal.sleep_ms(_TIDY_MS)

    async def _load(self):
        """Find what earlier boots have left. Where flash cannot be read, all is kept in RAM."""
        try:
            for _ in self._store.load():
                await asyncio.sleep(0)
        except OSError as error:
            self.fault = str(error)
            self._store.keeps = False
        self._ready.set()

    def state(self):
        """Return what the journal holds: boot, newest, held, lost."""
        return {"boot": self.boot, "newest": self.newest, "held": self.held, "lost": self.lost}

    def handlers(self):
        """Return the link's methods that are answered here."""
        return {"journal.fetch": self._fetch, "journal.acknowledge": self._acknowledge}

    async def _fetch(self, params):
        entries = await self.fetch(params["boot"], params["after"], params["limit"])
        self._heard_ms = self._uptime_ms
        result = self.state()
        result["entries"] = entries
        return result

    async def _acknowledge(self, params):
        await self._ready.wait()
        self.acknowledge(params["boot"], params["number"])
        self._heard_ms = self._uptime_ms
        return self.state()

    def _next(self, place):
        """Return (entry, uptime, zero) of the first entry after `place`; None without."""
        found = self._store.next(place)
        if found is None:
            held = self._first_after(place)
            return held and held + (0,)
        return found

    def _first_after(self, place):
        """Return (entry, uptime) of the first one in RAM after `place`; None without."""
        for held in self._entries:
            if place_of(held[0]) > place:
                return held
        return None

    def _with_time(self, found):
        """Return the entry of `found` with its UTC, as far as that is known now."""
        entry, uptime_ms, zero_ms = found
        if entry["utc_s"] is None:
            zero_ms = self._store.zero_ms(entry["boot"])
            if zero_ms:
                entry = dict(entry)
                entry["utc_s"] = (zero_ms + uptime_ms // self._hal.scale) // 1000
        return entry

    def _uptime(self, ticks_ms):
        """Return the uptime in ms at `ticks_ms`, within 6 days of the last call."""
        passed = (ticks_ms - self._ticks + _TICKS // 2) % _TICKS - _TICKS // 2
        return self._uptime_ms + passed

    def _look_at_clock(self):
        """Follow the ticks, and learn when the uptime was 0."""
        ticks = self._hal.ticks_ms() % _TICKS
        self._uptime_ms = self._uptime(ticks)
        self._ticks = ticks
        utc_s = self._hal.utc_s()
        if utc_s is not None:
            # Ticks may run faster than the world's clock: on the twin only.
            passed_ms = self._uptime_ms // self._hal.scale
            self._store.note_clock(self.boot, 1000 * utc_s - passed_ms)

    def _is_away(self):
        return self._heard_ms is None or self._uptime_ms - self._heard_ms > _AWAY_MS

    def _is_due(self):
        """Tell whether what is in RAM should go into flash now."""
        if not self._entries or not self._store.keeps:
            return False
        waited_ms = self._uptime_ms - self._entries[0][1]
        if waited_ms > _WAIT_MS or 2 * self._used > self._room:
            return True
        return self._used > _FEW and self._used > self._room_now(_SHORT)

    def _room_now(self, spare):
        """Return how many bytes entries may take if `spare` are to be left to others."""
        if self._free is None:
            return self._room
        return min(self._room, max(_FEW, self._used + self._free() - spare))

    async def _flush(self):
        """Pack and write all that is held now, a batch at a time; others run meanwhile."""
        await self._ready.wait()
        last = self._entries[-1][1] if self._entries else 0
        while self._store.keeps and self._entries and self._entries[0][1] <= last:
            if not await self._pack():
                return
            if self._quiet:
                async with self._quiet():
                    self._write()
            else:
                self._write()

    async def _pack(self):
        """Make the next batch; False when somebody else took it in hand meanwhile."""
        self._cancel()
        batch = self._batch = self._store.begin(self._entries[0][0])
        held = self._entries[0]
        while held and self._store.pack(batch, held[0], held[1]):
            await asyncio.sleep(0)
            if self._batch is not batch:
                return False
            held = self._first_after(batch.last)
        return True

    def _cancel(self):
        if self._batch is not None:
            self._batch.cancel()
            self._end_batch()

    def _end_batch(self):
        """There is no batch any more; what only it had is lost."""
        self._batch = None
        self._store.lose(self._dropped)
        self._dropped = 0

    def _write(self):
        """Write the packed batch and forget its entries; nothing when it was cancelled."""
        batch = self._batch
        if batch is None:
            return
        try:
            if self._store.append(batch):
                self._dropped = 0
                self._forget(batch.last)
                self.fault = None
        finally:
            self._end_batch()

    async def _tidy(self):
        if self._quiet:
            async with self._quiet():
                self._store.tidy()
        else:
            self._store.tidy()

    def _forget(self, place):
        while self._entries and place_of(self._entries[0][0]) <= place:
            self._drop(0)

    def _make_room(self):
        """Drop the oldest entry, one of a reading date only where there are no others."""
        others = (n for n, held in enumerate(self._entries) if held[0]["kind"] != "date")
        index = next(others, 0)
        place = place_of(self._entries[index][0])
        batch = self._batch
        if batch is not None and batch.count and (batch.boot, batch.first) <= place <= batch.last:
            self._dropped += 1  # it is lost only if the batch is
        else:
            self._store.lose(1)
        self._drop(index)

    def _drop(self, index):
        self._used -= _cost(self._entries.pop(index)[0])


def _cost(entry):
    """Return the bytes of RAM that `entry` takes, about."""
    telegrams = entry["telegrams"]
    return _ENTRY_COST + sum([_TELEGRAM_COST + len(telegram) for telegram in telegrams])
