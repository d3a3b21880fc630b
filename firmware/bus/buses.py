"""The M-Bus outputs of the board together: up to three segments, each with a worker of its own.

Segments are read at the same time; on each there is one exchange at a time, in the order in which
they were asked for. Whoever needs a bus for longer holds it; whoever writes to flash asks for
quiet.
"""

from firmware.bus.bus_worker import BusWorker
from firmware.bus.meter_memories import MeterMemories
from firmware.bus.quiet_gate import QuietGate
from shared.errors import BadSetting


class Buses:
    """`buses[segment]` is the `BusWorker` of a segment, 1..`segments`; BadSetting for another.

    gate: the `QuietGate` of all of them
    """

    def __init__(self, hal):
        self.gate = QuietGate()
        self.segments = hal.segments
        memories = MeterMemories()
        self._workers = [BusWorker(hal, i + 1, self.gate, memories) for i in range(hal.segments)]

    def guard_by(self, guard):
        """Ask nobody on a segment that `guard` (`BusGuard`) has cut off."""
        for worker in self._workers:
            worker.guard = guard

    def __getitem__(self, segment):
        if not 1 <= segment <= self.segments:
            raise BadSetting("segment %d: this board has %d" % (segment, self.segments))
        return self._workers[segment - 1]

    @property
    def busy(self):
        """Whether an exchange is under way on any segment."""
        return any([worker.busy for worker in self._workers])

    @property
    def held_by(self):
        """Who holds a segment (text), None when nobody does."""
        for worker in self._workers:
            if worker.held_by:
                return worker.held_by
        return None

    def counts(self):
        """Return what `BusWorker.counts` says of each segment, as a list from segment 1 on."""
        return [worker.counts() for worker in self._workers]

    async def read_meter(self, segment, address, **how):
        """Return the RSP_UD frames of a meter: see `BusWorker.read_meter` for the rest."""
        return await self[segment].read_meter(address, **how)

    async def run(self, segment, name, baud, steps):
        """Run a generator of steps on a segment, between readings: see `BusWorker.run`."""
        return await self[segment].run(name, baud, steps)

    def quiet(self):
        """`async with buses.quiet():` no telegram is on the way on any segment. Be short."""
        return self.gate

    def hold(self, owner, segment=None):
        """`async with buses.hold("scan", 2) as held:` have a segment, or all, to oneself.

        owner: text for people, the `held_by` of others. It begins when the exchanges under way and
        asked for before have ended; readings asked for meanwhile wait until it ends.
        """
        return Hold(owner, self._workers if segment is None else [self[segment]], self.gate)


class Hold:
    """Segments in one hand, from `async with` on.

    gate: who sends through `uart` himself calls `await gate.begin()` before a telegram and
    `gate.end()` when its answer is through, so that nobody writes to flash meanwhile
    """

    def __init__(self, owner, workers, gate):
        self.owner = owner
        self.gate = gate
        self._workers = workers
        self._taken = []

    async def __aenter__(self):
        try:
            for worker in self._workers:  # always in the same order: no two wait for each other
                await worker.take(self.owner)
                self._taken.append(worker)
        except:  # cancelled
            self._give()
            raise
        return self

    async def __aexit__(self, kind, error, traceback):
        self._give()

    def _give(self):
        while self._taken:
            self._taken.pop().give()

    async def run(self, segment, name, baud, steps):
        """Run a generator of steps on a segment that is held: see `BusWorker.run`."""
        return await self._worker(segment).exchange(name, baud, steps)

    def uart(self, segment):
        """Return the `BusUart` of a segment that is held."""
        return self._worker(segment).uart

    def _worker(self, segment):
        for worker in self._taken:
            if worker.segment == segment:
                return worker
        raise BadSetting("segment %d is not held by %s" % (segment, self.owner))
