"""What is wrong at the moment, decided on the board alone: for relays, LCD and mini web page.

An alarm is a meter that could not be read, a meter that reports a fault of its own, or a segment
cut off by a short circuit. The next good reading, or the end of the short circuit, takes it back.
Status messages that only the board can know go into the journal from here.
"""

from shared.board_inputs import is_input
from shared.compat import const
from shared.mbus.faults import tells_fault

_TICKS_MASK = const(0x3FFFFFFF)
_BUS_ERRORS = ("bus_short", "link_lost", "busy")  # of the bus, not of the meter that was asked


class Alarms:
    """hal: of the board. keep: `Journal.add`."""

    def __init__(self, hal, keep):
        self._hal = hal
        self._keep = keep
        self._meters = {}  # (segment, address) -> "meter_unreadable" or "meter_fault"
        self._tripped = []
        self._watchers = []

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
