"""The last word of each meter, for the board's own page: bounded, whatever the journal does.

The host takes readings out of the journal; here the newest telegram of each meter stays. When
memory is short those that were read longest ago go first: their telegrams as long as telegrams take
more than half of it, then what is known of them. Nothing is decoded.
"""

from shared.compat import const

_COST = const(160)  # bytes of RAM for a meter beside its telegram, about


class LatestReadings:
    """room: bytes of RAM that may be taken."""

    def __init__(self, room=16384):
        self._room = room
        self._used = 0
        self._count = 0
        self._meters = {}  # (segment, address) -> [order, utc_s, error, telegram or b""]

    def add(self, entry):
        """Take note of a journal `entry` (`entry` of `shared.link.messages`).

        A meter that failed keeps its last telegram beside the error.
        """
        if entry.get("kind") == "status":
            return
        key = (entry.get("segment", 1), entry["address"])
        old = self._meters.get(key)
        if old is None:
            self._used += _COST
        telegrams = entry["telegrams"]
        telegram = bytes(telegrams[0]) if telegrams else (old[3] if old else b"")
        self._used += len(telegram) - (len(old[3]) if old else 0)
        self._count += 1
        error = entry["error"]
        at = entry["utc_s"]
        if error and old:
            at = old[1]
        self._meters[key] = [self._count, at, error["key"] if error else None, telegram]
        while self._used > self._room and len(self._meters) > 1:
            self._shrink()

    def _shrink(self):
        """Forget the oldest telegram, or the oldest meter when telegrams take little."""
        meters = self._meters
        much = 2 * (self._used - _COST * len(meters)) > self._room
        _, key = min([(row[0], key) for key, row in meters.items() if row[3] or not much])
        row = meters[key]
        self._used -= len(row[3])
        row[3] = b""
        if not much:
            self._used -= _COST
            del meters[key]

    def __len__(self):
        return len(self._meters)

    def page(self, first, count):
        """Return up to `count` rows (segment, address, utc_s, error, telegram), from index `first`.

        Ordered by segment and address, numbers by their value. error: its key, None for none;
        utc_s: of the last good reading, None unknown; telegram: b"" when it had to be forgotten.
        """
        keys = sorted(self._meters, key=_order)[first : first + count]
        return [key + tuple(self._meters[key][1:]) for key in keys]


def _order(key):
    segment, address = key
    number = int(address) if address.isdigit() and len(address) <= 3 else 1000
    return (segment, number, address)
