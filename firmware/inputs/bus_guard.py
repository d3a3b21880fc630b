"""Watches voltage and current of each segment; cuts a short circuit off and tries again by itself.

    ok ──377 mA──▶ high     voltage outside its limits ──▶ voltage      and back: after SETTLE_MS
     └──500 mA at two looks running──▶ tripped ──after a pause──▶ trying ──HOLD_MS well──▶ ok
                                          ▲─────────500 mA──────────┘
The pause is 10 s, twice as long after each failed attempt, at most 5 minutes. From the first 500 mA
to the cut pass two looks, each LOOK_MS and the measuring of all segments (`contract.Supply`, some
12 ms for three on an ADS1115): under 100 ms. While a segment is tripped or being tried nobody is
asked there: `refuses`.
"""

from shared.compat import const, ticks_diff

LOOK_MS = const(20)
WARN_UA = const(377000)  # 250 unit loads of 1.5 mA (EN 13757-2)
TRIP_UA = const(500000)
LOW_MV = const(24000)  # a meter is promised 24 V for a mark (EN 13757-2)
HIGH_MV = const(42000)  # and never more than 42 V
RETRY_MS = const(10000)
LONGEST_RETRY_MS = const(300000)
SETTLE_MS = const(1000)  # a warning comes and goes after so long
HOLD_MS = const(1000)  # a bus that was switched on is well when it has been so for so long
_STABLE_MS = const(60000)  # then the next short circuit is a new one: the pause begins at 10 s
_TRIP_LOOKS = const(2)

_EVENTS = {"high": "bus_load_high", "voltage": "bus_voltage_wrong", "ok": "bus_recovered"}


class BusGuard:
    """hal: with `supplies`, one a segment. alarms: `Alarms`, which is told what happens.

    On a board that measures nothing every segment is "ok" for ever.
    """

    def __init__(self, hal, alarms):
        self._hal = hal
        self._alarms = alarms
        self._supplies = hal.supplies
        self._segments = [Segment() for _ in self._supplies]

    def refuses(self, segment):
        """Return why nobody may be asked on `segment` (1..3) now, as text; None if all is well."""
        if segment > len(self._segments):
            return None
        one = self._segments[segment - 1]
        if one.state not in ("tripped", "trying"):
            return None
        return "segment %d is cut off: %d mA" % (segment, one.tripped_ua // 1000)

    def tripped(self):
        """Return the segments (from 1) that are cut off by a short circuit."""
        return [n + 1 for n in range(len(self._segments)) if self.refuses(n + 1)]

    def state(self):
        """Return a list of what each segment does: segment, state, voltage_mv, current_ua."""
        return [
            {
                "segment": n + 1,
                "state": self._segments[n].state,
                "voltage_mv": self._supplies[n].voltage_mv(),
                "current_ua": self._supplies[n].current_ua(),
            }
            for n in range(len(self._segments))
        ]

    async def run(self):
        """Measure and look at each segment every LOOK_MS, without end."""
        if not self._segments:
            while True:
                await self._hal.sleep_ms(3600000)
        before_ms = self._hal.ticks_ms()
        while True:
            await self._hal.sleep_ms(LOOK_MS)
            for supply in self._supplies:
                await supply.measure()
            now_ms = self._hal.ticks_ms()
            passed_ms, before_ms = ticks_diff(now_ms, before_ms), now_ms
            for n in range(len(self._segments)):
                self._look(n, passed_ms)

    def _look(self, n, passed_ms):
        supply, segment = self._supplies[n], self._segments[n]
        mv, ua = supply.voltage_mv(), supply.current_ua()
        switch, event = segment.look(passed_ms, mv, ua)
        if switch is not None:
            supply.switch(switch)
        if event:
            self._alarms.report(event, "segment %d: %d mV, %d mA" % (n + 1, mv, ua // 1000))
        if switch is not None or event:
            self._alarms.set_tripped(self.tripped())


class Segment:
    """What one segment does, by its measurements; pure. state: ok, high, voltage, tripped, trying.

    tripped_ua: the current that tripped it last
    """

    def __init__(self):
        self.state = "ok"
        self.tripped_ua = 0
        self._over = 0  # looks running with too much current
        self._waited_ms = 0  # in the state, or in doubt about it
        self._well_ms = 0  # since the last trip
        self._retry_ms = RETRY_MS

    def look(self, passed_ms, mv, ua):
        """Take a measurement `passed_ms` after the one before.

        Return (whether to switch the supply on or off, None to leave it; key of what is to be
        reported, or None).
        """
        if self.state == "tripped":
            self._waited_ms += passed_ms
            if self._waited_ms < self._retry_ms:
                return None, None
            self._enter("trying")
            return True, None
        self._over = self._over + 1 if ua >= TRIP_UA else 0
        if self._over >= _TRIP_LOOKS:
            return False, self._trip(ua)
        if self._over:
            return None, None
        if self.state == "trying":
            self._waited_ms += passed_ms
            if self._waited_ms < HOLD_MS:
                return None, None
            self._enter("ok")
            return None, "bus_recovered"
        self._well_ms = min(self._well_ms + passed_ms, _STABLE_MS)
        return None, self._warn(passed_ms, mv, ua)

    def _trip(self, ua):
        again = self.state == "trying"
        if again or (self.tripped_ua and self._well_ms < _STABLE_MS):
            self._retry_ms = min(2 * self._retry_ms, LONGEST_RETRY_MS)
        else:
            self._retry_ms = RETRY_MS
        self._enter("tripped")
        self.tripped_ua = ua
        self._well_ms = 0
        return None if again else "bus_overcurrent"

    def _warn(self, passed_ms, mv, ua):
        wanted = "ok"
        if not LOW_MV <= mv <= HIGH_MV:
            wanted = "voltage"
        elif ua >= WARN_UA:
            wanted = "high"
        if wanted == self.state:
            self._waited_ms = 0
            return None
        self._waited_ms += passed_ms
        if self._waited_ms < SETTLE_MS:
            return None
        self._enter(wanted)
        return _EVENTS[wanted]

    def _enter(self, state):
        self.state = state
        self._waited_ms = self._over = 0
