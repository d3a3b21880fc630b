"""What is wrong at the moment, decided on the board alone: for relays, LCD and mini web page.

An alarm is a meter that could not be read, a meter that reports a fault of its own, or a segment
cut off by a short circuit. The next good reading, or the end of the short circuit, takes it back.
A restart does not: a battery meter may be read once in two days, and until then relay 2 must not
say that all is well. So those of the meters are kept in flash, a minute apart at least.
Status messages that only the board can know go into the journal from here.
"""

from firmware import kept_values
from shared.board_inputs import is_input
from shared.compat import const
from shared.mbus.faults import tells_fault

_TICKS_MASK = const(0x3FFFFFFF)
_KEEP_S = const(60)
_FILE = "alarms"  # lines: segment, address, word
_WORDS = ("meter_unreadable", "meter_fault")
_BUS_ERRORS = ("bus_short", "link_lost", "busy")  # of the bus, not of the meter that was asked


class Alarms:
    """hal: of the board. keep: `Journal.add`. quiet: `Buses.quiet`, in which flash is written."""

    def __init__(self, hal, keep, quiet=None):
        self._hal = hal
        self._keep = keep
        self._quiet = quiet
        self._meters = _load()  # (segment, address) -> one of _WORDS
        self._unkept = False
        self._tripped = []
        self._watchers = []
        hal.on_power_failing(self._keep_at_once)

    async def run(self):
        """Keep the meters' alarms in flash, without end."""
        while True:
            while not self._unkept:
                await self._hal.sleep_ms(1000)
            try:
                if self._quiet:
                    async with self._quiet():
                        self._save()
                else:
                    self._save()
            except OSError:
                pass  # flash is full or broken: again in a minute
            await self._hal.sleep_ms(_KEEP_S * 1000)

    def _save(self):
        kept_values.save_pieces(_FILE, _lines(self._meters))
        self._unkept = False

    def _keep_at_once(self):
        if self._unkept:
            try:
                self._save()
            except OSError:
                pass  # the other parts want to keep something too

    def watch(self, callback):
        """Have `callback()` called whenever an alarm comes or goes."""
        self._watchers.append(callback)

    def active(self):
        """Return the alarms: a list of (segment, address or "", key).

        The keys are those of `shared.status_codes` that the relays show.
        """
        found = [(segment, "", "bus_overcurrent") for segment in self._tripped]
        return found + [key + (self._meters[key],) for key in sorted(self._meters)]

    def note(self, entry):
        """Take a journal entry of a meter or an input: how its reading went."""
        if entry["kind"] == "status":
            return
        key = (entry["segment"], entry["address"])
        error = entry["error"]
        if error is None:
            fault = [True for telegram in entry["telegrams"] if tells_fault(telegram)]
            word = "meter_fault" if fault else None
        elif error["key"] in _BUS_ERRORS:
            return
        else:
            word = "meter_unreadable"
        if self._meters.get(key) != word:
            if word:
                self._meters[key] = word
            else:
                self._meters.pop(key)
            self._unkept = True
            self._changed()

    def keep_only(self, wanted):
        """Forget the alarms of meters for which `wanted(segment, address)` is false."""
        self._forget([k for k in self._meters if not is_input(k[1]) and not wanted(k[0], k[1])])

    def keep_inputs(self, addresses):
        """Forget the alarms of the board's own inputs but these."""
        self._forget([k for k in self._meters if is_input(k[1]) and k[1] not in addresses])

    def _forget(self, gone):
        for key in gone:
            self._meters.pop(key)
        if gone:
            self._unkept = True
            self._changed()

    def set_tripped(self, segments):
        """Take which segments are cut off by a short circuit."""
        if segments != self._tripped:
            self._tripped = segments
            self._changed()

    def report(self, key, detail):
        """Enter the status message `key` (of `shared.status_codes`) into the journal."""
        self._keep(
            {
                "number": None,
                "boot": self._hal.boot,
                "ticks_ms": self._hal.ticks_ms() & _TICKS_MASK,
                "utc_s": self._hal.utc_s(),
                "segment": 1,
                "address": "board",
                "baud": 2400,
                "kind": "status",
                "telegrams": [],
                "error": {"key": key, "detail": detail},
            }
        )

    def _changed(self):
        for callback in self._watchers:
            callback()


def _lines(meters):
    for segment, address in meters:
        yield b"%d %s %s\n" % (segment, address.encode(), meters[segment, address].encode())


def _load():
    """Return the alarms as they were kept."""
    found = {}
    for line in (kept_values.load(_FILE) or "").split("\n"):
        parts = line.split(" ")
        if len(parts) == 3 and parts[0].isdigit() and parts[2] in _WORDS:
            found[int(parts[0]), parts[1]] = parts[2]
    return found
