"""The S0 inputs' counters: absolute, whole over power cuts, in the unit of the meter behind.

A counter is what was kept in flash plus the pulses since boot, an integer without an end. All four
are kept in one small file that is replaced in one step, when they have changed: KEEP_S seconds
after the last time or later, and when the supply fails. A reading is logged as it is kept; where
one is expected within KEEP_S, keeping waits for it, so that the reading is of its moment. So:

- a power cut that the board is warned of loses nothing,
- one without a warning loses at most the pulses of the last KEEP_S seconds, before a reading of
  twice as long,
- at whatever flash operation it comes, the counter is the one before it or the one after it, and
  never less than what was logged: what is logged has been kept before.

Where readings follow faster than KEEP_S, those in between repeat the counter kept last, so that
flash is not worn out: LittleFS erases a block in every fifth save (measured), which are a million
in ten years of one save a minute, 4,100 of each of the 256 blocks of a W5500-EVB-Pico and 6,600 of
each of the 160 of a Pico W. NOR flash is good for 100,000.

A reading is start value + weight x pulses since the start value was entered, in thousandths of the
unit. Start value, weight and unit stand beside the counter they began at: when a setting is changed
the reading begins anew at the start value.
"""

import json

from firmware import kept_values
from shared import board_inputs
from shared.compat import const

KEEP_S = const(60)
_LATE_S = const(10)  # a reading that is expected may be late by so much
_FILE = "pulses"


class PulseInputs:
    """hal, settings: of the board. quiet: `Buses.quiet`, in which flash may be written; or None."""

    def __init__(self, hal, settings, quiet=None):
        self._hal = hal
        self._settings = settings
        self._quiet = quiet
        self._counters = hal.pulse_counters
        self._inputs = range(len(self._counters))
        rows = _load(len(self._counters))
        self._restored = [row[0] for row in rows]
        self._kept = list(self._restored)
        self._bases = [(row[1], row[2]) for row in rows]  # counter, and the scale it began with
        self._unkept = False  # a base has changed
        self._since_s = KEEP_S  # since the counters were kept
        self._since_log_s = self._log_every_s = (
            0  # since the last reading, and from one to the next
        )
        self._access_no = 0
        self._rescale(None)
        settings.watch(self._rescale)
        hal.on_power_failing(self._keep_at_once)

    async def run(self):
        """Keep the counters when they are due."""
        while True:
            await self._hal.sleep_ms(1000)
            self._since_s += 1
            self._since_log_s += 1
            # `count` must be called now and then: it also settles the contacts.
            if self.changed() and self._is_due():
                await self._keep()

    def _is_due(self):
        if not KEEP_S <= self._since_s < 2 * KEEP_S:
            return self._since_s >= KEEP_S
        return not -_LATE_S <= self._log_every_s - self._since_log_s <= KEEP_S

    def pulses(self, index):
        """Return all pulses ever counted at input `index` (0..3)."""
        return self._restored[index] + self._counters[index].count()

    def milli(self, index):
        """Return the reading of input `index` now, in thousandths of its unit."""
        return self._reading(index, self.pulses(index))

    def changed(self):
        """Tell whether there is something to keep."""
        return self._unkept or [self.pulses(i) for i in self._inputs] != self._kept

    def state(self):
        """Return a list of how each input is, as inputs.state of `shared.link.messages`."""
        get = self._settings.get
        return [
            {
                "input": i + 1,
                "active": get("s0.%d.active" % (i + 1)),
                "closed": self._counters[i].closed(),
                "pulses": self.pulses(i),
                "milli": self.milli(i),
                "unit": get("s0.%d.unit" % (i + 1)),
            }
            for i in self._inputs
        ]

    async def entries(self):
        """Return a reading of each active input: dicts of "address" and "telegrams" (one)."""
        active = [i for i in self._inputs if self._settings.get("s0.%d.active" % (i + 1))]
        if active:
            self._log_every_s, self._since_log_s = self._since_log_s, 0
        if active and self.changed() and self._since_s >= KEEP_S:
            try:
                await self._keep()
            except OSError:
                pass  # flash is full or broken: what was kept last is logged
        self._access_no += 1
        return [self._entry(i) for i in active]

    def _entry(self, i):
        address = board_inputs.S0_INPUTS[i]
        telegram = board_inputs.counter_telegram(
            board_inputs.serial(self._hal.unique_id, address),
            self._settings.get("s0.%d.medium" % (i + 1)),
            self._settings.get("s0.%d.unit" % (i + 1)),
            self._reading(i, self._kept[i]),
            self._kept[i],
            self._access_no,
        )
        return {"address": address, "telegrams": [telegram]}

    def _reading(self, i, pulses):
        base, (start, weight, _) = self._bases[i]
        return start + weight * (pulses - base)

    def _rescale(self, names):
        """Begin anew at the start value wherever it, weight or unit are others than they were."""
        for i in self._inputs:
            scale = [self._settings.get("s0.%d.%s" % (i + 1, name)) for name in _SCALE]
            if self._bases[i][1] != scale:
                self._bases[i] = (self.pulses(i), scale)
                self._unkept = True
                self._since_s = KEEP_S  # what was kept last is none of this scale's counters

    async def _keep(self):
        if self._quiet is None:
            self._write()
        else:
            async with self._quiet():
                self._write()

    def _write(self):
        pulses = [self.pulses(i) for i in self._inputs]
        rows = [[pulses[i], self._bases[i][0], self._bases[i][1]] for i in self._inputs]
        # Not 0: the second that runs now is no whole one. A flash that is full or broken is not
        # tried again at once either.
        self._since_s = -1
        kept_values.save(_FILE, json.dumps(rows))
        self._kept = pulses
        self._unkept = False

    def _keep_at_once(self):
        """The supply is failing: there is no time to ask whether a telegram is coming."""
        if self.changed():
            try:
                self._write()
            except OSError:
                pass  # the other parts want to keep something too


_SCALE = ("start_milli", "weight_milli", "unit")


def _load(count):
    """Return a row [pulses, base, scale] for each of `count` inputs, as they were kept."""
    try:
        rows = json.loads(kept_values.load(_FILE) or "[]")
    except ValueError:
        rows = []
    return (rows + [[0, 0, None]] * count)[:count]
