"""The last word of each meter, for the board's own page: of every meter, whatever the journal does.

The host takes readings out of the journal; here the gist of each meter's newest telegram stays
(`gist`), about 80 bytes of RAM a meter. The meters of the schedule are there before they are read.
Nothing is decoded.
"""

import struct

from firmware.web.gist import gist
from shared.compat import const
from shared.mbus.addresses import parse_address, secondary_text

MOST = const(250)
_MOMENT = ">IB"  # UTC of the last good reading, 0: unknown; flags: stamp, recalled, key of error
_MOMENT_BYTES = const(5)
_STAMP = const(0x80)
_RECALLED = const(0x40)
_CODES = const(0x40)
_PRIMARY, _SECONDARY = const(0), const(1)


class LatestReadings:
    """revision: of the schedule whose meters are here, None for none."""

    def __init__(self):
        self.revision = None
        self._rows = []  # name, moment and gist of each meter as bytes, in the order of the names
        self._errors = [None]  # keys of errors that were met
        self._stamp = 0  # of the rows that are in the schedule

    def __len__(self):
        return len(self._rows)

    def add(self, entry):
        """Take note of a journal `entry` (`entry` of `shared.link.messages`) of a meter.

        A meter that failed keeps what was last read beside the error.
        """
        if entry["kind"] in ("status", "input"):
            return
        name = _name(entry["segment"], entry["address"])
        utc_s, _, flags, said = self._parts(name)
        error = entry["error"]
        if not error:
            utc_s = entry["utc_s"] or 0
            said = gist(entry["telegrams"][0]) if entry["telegrams"] else b""
        flags = flags & _STAMP | self._code(error["key"] if error else None)
        self._put(name, struct.pack(_MOMENT, utc_s, flags) + said)

    def recall(self, entry):
        """Take note of a journal `entry` from before the restart; entries come in their order.

        A good reading fills the place of none or of an older recalled one, beside the error of now.
        """
        if entry["kind"] in ("status", "input") or entry["error"] or not entry["telegrams"]:
            return
        name = _name(entry["segment"], entry["address"])
        _, error, flags, said = self._parts(name)
        if said and not flags & _RECALLED:
            return
        flags = flags & _STAMP | _RECALLED | self._code(error)
        moment = struct.pack(_MOMENT, entry["utc_s"] or 0, flags)
        self._put(name, moment + gist(entry["telegrams"][0]))

    def begin(self):
        """Begin to learn the meters of a schedule: `expect` each, then `end`."""
        self._stamp ^= _STAMP

    def expect(self, segment, address):
        """The meter `address` (text) is in the schedule."""
        name = _name(segment, address)
        utc_s, _, flags, said = self._parts(name)
        self._put(name, struct.pack(_MOMENT, utc_s, flags & ~_STAMP | self._stamp) + said)

    def end(self, revision):
        """Forget the meters that are not in the schedule `revision`."""
        for place in range(len(self._rows) - 1, -1, -1):
            row = self._rows[place]
            if row[_name_size(row) + _MOMENT_BYTES - 1] & _STAMP != self._stamp:
                self._rows.pop(place)
        self.revision = revision

    def page(self, first, count):
        """Return up to `count` rows (segment, address, utc_s, error, gist), from index `first`.

        Ordered by segment and address, numbers by their value. error: its key, None for none;
        utc_s: of the last good reading, None unknown; gist: b"" when none has been read.
        """
        found = []
        for row in self._rows[first : first + count]:
            utc_s, error, _, said = self._taken_apart(row)
            found.append((row[0], _address(row), utc_s or None, error, said))
        return found

    def _parts(self, name):
        """Return (utc_s, key of the error, flags, gist) of the meter, of an unread one if new."""
        place = self._place(name)
        if place < len(self._rows) and self._rows[place].startswith(name):
            return self._taken_apart(self._rows[place])
        return 0, None, self._stamp ^ _STAMP, b""

    def _taken_apart(self, row):
        at = _name_size(row)
        utc_s, flags = struct.unpack_from(_MOMENT, row, at)
        return utc_s, self._errors[flags % _CODES], flags, row[at + _MOMENT_BYTES :]

    def _put(self, name, rest):
        place = self._place(name)
        if place < len(self._rows) and self._rows[place].startswith(name):
            self._rows[place] = name + rest
            return
        if len(self._rows) >= MOST:
            self._rows.pop(self._oldest())
            place = self._place(name)
        self._rows.insert(place, name + rest)

    def _oldest(self):
        """Return the place of the meter whose last good reading is the oldest."""
        ages = [self._taken_apart(row)[0] for row in self._rows]
        return ages.index(min(ages))

    def _place(self, name):
        """Return where the meter `name` is among the rows, or would be."""
        low, high = 0, len(self._rows)
        while low < high:
            middle = (low + high) // 2
            if self._rows[middle] < name:
                low = middle + 1
            else:
                high = middle
        return low

    def _code(self, key):
        """Return the number that stands for the `key` of an error, 0 for None."""
        if key not in self._errors and len(self._errors) < _CODES:
            self._errors.append(key)
        return self._errors.index(key) if key in self._errors else 1


def _name(segment, address):
    """Return the beginning of the row of the meter `address` (text): names sort as numbers do."""
    parsed = parse_address(address)
    if parsed.secondary is None:
        return bytes((segment, _PRIMARY, parsed.primary or 0))
    number = bytes(reversed(parsed.secondary[:4]))
    return bytes((segment, _SECONDARY)) + number + parsed.secondary[4:]


def _name_size(row):
    return 10 if row[1] == _SECONDARY else 3


def _address(row):
    if row[1] == _PRIMARY:
        return str(row[2])
    return secondary_text(bytes(reversed(row[2:6])) + row[6:10])
