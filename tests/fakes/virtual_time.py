"""A board's time that jumps, its flash in memory, and buses that take their time: for the logger.

Runs on CPython and on MicroPython. Nothing waits: `VirtualHal.run` lets the tasks work until all of
them sleep, then jumps to the first that wakes.
"""

import asyncio
import io

from shared.compat import ticks_add
from shared.errors import BadSetting, BusShort, GarbledAnswer, NoAnswer

_TURNS = 12  # of the loop, until every task that can go on has come to its next sleep


class VirtualHal:
    """The calls of `Hal` that keep time. now_ms: true milliseconds since power-up."""

    unique_id = "00"
    board = "virtual"

    def __init__(self, boot=1, ticks_at_start=0):
        self.boot = boot
        self.now_ms = 0
        self._ticks = ticks_at_start
        self._ticks_at_ms = 0
        self._utc = None
        self._sleepers = []

    def ticks_ms(self):
        self._ticks = ticks_add(self._ticks, self.now_ms - self._ticks_at_ms)
        self._ticks_at_ms = self.now_ms
        return self._ticks

    def utc_s(self):
        return None if self._utc is None else (self._utc + self.now_ms) // 1000

    def set_utc(self, utc_s):
        self._utc = utc_s * 1000 - self.now_ms

    async def sleep_ms(self, ms):
        woken = asyncio.Event()
        self._sleepers.append((self.now_ms + ms, len(self._sleepers), woken))
        await woken.wait()

    async def run(self, seconds):
        """Let `seconds` pass."""
        end = self.now_ms + int(seconds * 1000)
        while True:
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            self._sleepers.sort(key=_when)
            if not self._sleepers or self._sleepers[0][0] > end:
                self.now_ms = end
                return
            at, _, woken = self._sleepers.pop(0)
            self.now_ms = max(self.now_ms, at)
            woken.set()


def _when(sleeper):
    return sleeper[0]


class VirtualWorker:
    """A segment of the bus: every reading takes `takes_ms` and gives one telegram.

    silent: addresses that do not answer; rubbish: those that answer it; asked: (moment in ms,
        address) of every reading; how: the settings of the first five; cut_off: why nobody may be
        asked, None if all is well
    """

    def __init__(self, hal, takes_ms=500):
        self._hal = hal
        self._lock = asyncio.Lock()
        self.takes_ms = takes_ms
        self.silent = set()
        self.rubbish = set()
        self._read = set()
        self.asked = []
        self.how = []
        self.held_by = None
        self.cut_off = None
        self.busy = False

    async def read_meter(self, address, **how):
        async with self._lock:
            if self.cut_off:
                raise BusShort(self.cut_off)
            self.busy = True
            self.asked.append((self._hal.now_ms, address))
            if len(self.how) < 5:
                self.how.append(how)
            await self._hal.sleep_ms(self.takes_ms)
            self.busy = False
        self._read.add(address)
        if address in self.silent:
            raise NoAnswer(f"meter {address}: nothing")
        if address in self.rubbish:
            raise GarbledAnswer(f"meter {address}: no whole frame in {self._hal.now_ms:064x}")
        return [b"\x68\x03\x03\x68\x08\x01\x72\x7b\x16"]

    def duration_ms(self, address):
        return self.takes_ms if address in self._read else None

    def addresses(self):
        return [address for at, address in self.asked]

    def seconds(self, address):
        """Return when `address` was read, in whole seconds since power-up."""
        return [at // 1000 for at, asked in self.asked if asked == address]


class VirtualBuses:
    """`Buses` of the firmware over `VirtualWorker`s."""

    def __init__(self, hal, segments=1):
        self.segments = segments
        self.workers = [VirtualWorker(hal) for _ in range(segments)]

    def __getitem__(self, segment):
        if not 1 <= segment <= self.segments:
            raise BadSetting(f"segment {segment}: this board has {self.segments}")
        return self.workers[segment - 1]

    async def read_meter(self, segment, address, **how):
        return await self[segment].read_meter(address, **how)

    @property
    def held_by(self):
        for worker in self.workers:
            if worker.held_by:
                return worker.held_by
        return None

    def quiet(self):
        return _Quiet(self)


class _Quiet:
    def __init__(self, buses):
        self._buses = buses

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, traceback):
        return None


class MemoryJournal:
    """Keeps the first `most` that are added."""

    def __init__(self, most=64):
        self.entries = []
        self.most = most

    def add(self, entry):
        if len(self.entries) < self.most:
            self.entries.append(entry)
        return len(self.entries)

    async def flush(self):
        pass

    def kinds(self, address):
        return [entry["kind"] for entry in self.entries if entry["address"] == address]


class MemoryFlash:
    """`firmware.kept_values` without files.

    writes: how often something was kept; full: nothing more can be, for want of room; refused: how
    often that was tried
    """

    def __init__(self):
        self.files = {}
        self.writes = self.refused = 0
        self.full = False

    def copy(self):
        """Return what a board finds whose power is cut now."""
        other = MemoryFlash()
        other.files.update(self.files)
        return other

    def _write(self):
        if self.full:
            self.refused += 1
            raise OSError(28)
        self.writes += 1

    def load(self, name):
        return self.files.get(name)

    def save(self, name, text):
        self._write()
        self.files[name] = text

    def save_pieces(self, name, pieces):
        self._write()
        self.files[name] = b"".join([bytes(piece) for piece in pieces])

    def open_bytes(self, name):
        if name not in self.files:
            raise OSError(2)
        return io.BytesIO(self.files[name])
