"""Scans the M-Bus: one scan at a time, on one output or on all of them at once.

It holds the buses it scans, so the logger waits meanwhile. What was found stays until the next scan
begins, whoever started it (host, key, mini web) and whoever asks; a host that lost its link asks
again. A bus that is lost or shorted is waited for, and the state tells. Nothing is decoded or
registered here.
"""

import asyncio
import random

from shared.compat import const, ticks_diff
from shared.errors import BadAddress, BadSetting, BusShort, Busy, LinkLost, MbuslinkError
from shared.mbus.addresses import parse_address, secondary_text

BY = ("primary", "secondary")

_TELL_MS = const(500)  # between two notifications
_RETRY_MS = const(1000)  # before a lost bus is tried again
_PIECE = const(16)  # meters in one answer


class Scanner:
    """hal: see `firmware/hal/contract.py`. buses: `Buses`. tell(method, params): to the host."""

    def __init__(self, hal, buses, tell=None):
        self._hal = hal
        self._buses = buses
        self._tell = tell
        self._wanted = asyncio.Event()
        self._running = self._stopping = False
        self._scans = []  # (segment, scan) of the last or present one
        self._found = []  # rows of `shared.mbus.scan.Found`
        self._number = 0
        self._what = {"by": "secondary", "backward": False, "segment": None, "bauds": (2400,)}
        self._started_ms = self._elapsed_ms = self._told_ms = 0
        self._end = self._error = None
        self._waiting = []  # tasks that wait for a bus
        self._hindered = {}  # by segment: the error (dict) that an exchange waits to pass

    def handlers(self):
        """Return the link's methods that are answered here."""
        return {
            "scan.start": self._start,
            "scan.stop": self._stop,
            "scan.state": self._state,
            "scan.found": self._get_found,
        }

    def start(
        self,
        by="secondary",
        first=1,
        last=250,
        mask="FFFFFFFF",
        backward=False,
        bauds=(2400,),
        segment=None,
    ):
        """Begin a scan; what the last one found is forgotten.

        by: "primary" (addresses `first`..`last`) or "secondary" (within `mask`, 8 or 16 hex digits
        with F as wildcard; `backward`: from the last digit on); bauds: rates, one after the other;
        segment: 1..3, None for all. Raises Busy while a scan runs or somebody else has the bus,
        BadSetting, BadAddress.
        """
        if self._running:
            raise Busy("a scan is under way; stop it first")
        # Imported here: most boards never scan, or once, and it takes 6 KB.
        from shared.mbus.scan import Found, PrimaryScan, SecondaryScan

        segments = range(1, self._buses.segments + 1) if segment is None else (segment,)
        found = Found()
        scans = []
        for number in segments:
            holder = self._buses[number].held_by  # raises BadSetting
            if holder:
                raise Busy("the bus is in use: " + holder)
            if by == "primary":
                scan = PrimaryScan(first, last, bauds, found, number)
            else:
                wanted = parse_address(mask).secondary
                if wanted is None:
                    raise BadAddress("%r: a mask has 8 or 16 hex digits, F any digit" % (mask,))
                scan = SecondaryScan(bauds, found, _random, wanted, backward, number)
            scans.append((number, scan))
        if by not in BY:
            raise BadSetting("scan by %r: primary or secondary" % (by,))
        self._scans, self._found = scans, found.rows
        self._what = {"by": by, "backward": backward, "segment": segment, "bauds": tuple(bauds)}
        self._number += 1
        self._end = self._error = None
        self._started_ms = self._told_ms = self._hal.ticks_ms()
        self._elapsed_ms = 0
        self._running, self._stopping = True, False
        self._hindered = {}
        self._wanted.set()

    def stop(self):
        """End the scan after the exchange under way; what was found stays."""
        self._stopping = True
        for task in self._waiting:
            task.cancel()

    def state(self):
        """Return how it is, as the link's `scan.state` has it."""
        self._count_time()
        permille = 1000 if self._end == "done" else 0
        if self._scans and not permille:
            permille = min([scan.permille() for _, scan in self._scans])
        left_s = None
        if self._running and permille:
            left_s = self._elapsed_ms // permille * (1000 - permille) // 1000
        state = {
            "boot": self._hal.boot,
            "number": self._number,
            "running": self._running,
            "baud": self._scans[0][1].baud if self._running else None,
            "probes": sum([scan.probes for _, scan in self._scans]),
            "collisions": sum([scan.collisions for _, scan in self._scans]),
            "found": len(self._found),
            "permille": permille,
            "elapsed_s": self._elapsed_ms // 1000,
            "left_s": left_s,
            "end": self._end,
            "error": self._error or self._hindrance(),
        }
        state.update(self._what)
        return state

    def found(self, after=0, limit=_PIECE):
        """Return up to `limit` of the meters found, from number `after` (0..) on, as dicts."""
        by_primary = self._what["by"] == "primary"
        return [_entry(row, by_primary) for row in self._found[after : after + limit]]

    async def run(self):
        """Run the scans that are started, until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self._scan()
            finally:
                self._count_time()
                self._running = False
                self._end = self._end or "failed"
                self._report()

    async def _scan(self):
        """Run the scan that was started, to its end."""
        ends = await asyncio.gather(
            *[self._scan_segment(segment, scan) for segment, scan in self._scans],
            return_exceptions=True,
        )
        for error in ends:
            if isinstance(error, BaseException):
                self._error = _told(error)
                if self._error["key"] == MbuslinkError.key:
                    raise error  # a fault of ours: the console shall tell where
        if self._error is None:
            self._end = "stopped" if self._stopping else "done"

    async def _scan_segment(self, segment, scan):
        """Scan a segment once it is free; `stop` ends the waiting."""
        if self._stopping:
            return
        task = asyncio.current_task()
        self._waiting.append(task)
        try:
            async with self._buses.hold("scan", segment) as held:
                self._waiting.remove(task)
                await self._scan_held(held, segment, scan)
        except asyncio.CancelledError:
            if task not in self._waiting or not self._stopping:
                raise
        finally:
            if task in self._waiting:
                self._waiting.remove(task)

    async def _scan_held(self, held, segment, scan):
        exchanges = scan.exchanges()
        result = None
        while not self._stopping:
            try:
                exchange = exchanges.send(result)
            except StopIteration:
                break
            result = await self._exchange(held, segment, exchange)
            if ticks_diff(self._hal.ticks_ms(), self._told_ms) >= _TELL_MS:
                self._report()
        exchanges.close()
        self._buses[segment].forget()

    async def _exchange(self, held, segment, exchange):
        """Run one exchange, again while the bus is lost or shorted."""
        while True:
            try:
                result = await held.run(segment, *exchange)
                refusal = self._buses[segment].cut_off
                if refusal:  # only now: nobody could answer
                    raise BusShort(refusal)
                self._hindered.pop(segment, None)
                return result
            except (LinkLost, BusShort) as error:
                if self._stopping:
                    return None
                self._hindered[segment] = _told(error)
                self._report()
                await self._hal.sleep_ms(_RETRY_MS)

    def _hindrance(self):
        """Return what a scan that runs waits to pass, None when it goes on."""
        for error in self._hindered.values() if self._running else ():
            return error
        return None

    def _count_time(self):
        """Add the time since the last call: the counter wraps."""
        if self._running:
            now = self._hal.ticks_ms()
            self._elapsed_ms += ticks_diff(now, self._started_ms)
            self._started_ms = now

    def _report(self):
        self._told_ms = self._hal.ticks_ms()
        if self._tell:
            self._tell("scan.state", self.state())

    async def _start(self, params):
        self.start(**params)
        return self.state()

    async def _stop(self, params):
        self.stop()
        return self.state()

    async def _state(self, params):
        return self.state()

    async def _get_found(self, params):
        return {
            "number": self._number,
            "found": len(self._found),
            "meters": self.found(params["after"], params["limit"]),
        }


def _told(error):
    """Return an exception as the link has it."""
    key = error.key if isinstance(error, MbuslinkError) else MbuslinkError.key
    return {"key": key, "detail": (str(error) or repr(error))[:400]}


def _random(count):
    return random.getrandbits(16) * count >> 16


def _entry(row, by_primary):
    """Return a row of `Found` as the link has it; `address` is the one to read the meter by."""
    segment, header, primary, bauds, trouble = row
    secondary = header and secondary_text(header)
    address = str(primary) if by_primary or not secondary else secondary
    return {
        "segment": segment,
        "address": address,
        "secondary": secondary,
        "primary": primary,
        "bauds": bauds,
        "trouble": trouble,
    }
