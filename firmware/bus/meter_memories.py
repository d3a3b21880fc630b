"""What is remembered of each meter between two readings: in three arrays, not in objects.

A dict of 250 addresses takes 20 KB, in pieces that a full heap may not have; this takes 4.6 KB once
and for all. A meter is known by its segment and the CRC-32 of its address, 30 bits of it.
"""

from array import array
from binascii import crc32

from shared.compat import const

_PLACES = const(384)
_MOST = const(300)  # meters; when there are more, all are forgotten. A bus has 250.
_NOBODY = const(0)


class MeterMemories:
    """For each meter an integer of 32 bits and the duration of its last good reading, or 0."""

    def __init__(self):
        nothing = bytes(4 * _PLACES)
        self._keys = array("I", nothing)
        self._kept = array("I", nothing)
        self._ms = array("I", nothing)
        self._count = 0

    def get(self, segment, text):
        """Return (kept, duration in ms) of the meter with address `text`; None when unknown."""
        key = _key(segment, text)
        place = self._place(key)
        return (self._kept[place], self._ms[place]) if self._keys[place] else None

    def put(self, segment, text, kept, ms):
        """Remember `kept` (0..2**32-1) and `ms` (0..2**32-1) of the meter with address `text`."""
        key = _key(segment, text)
        place = self._place(key)
        if not self._keys[place]:
            if self._count == _MOST:
                self._count = 0
                for i in range(_PLACES):
                    self._keys[i] = _NOBODY
                place = key % _PLACES
            self._count += 1
            self._keys[place] = key
        self._kept[place] = kept
        self._ms[place] = ms

    def reset(self, segment, kept):
        """Set what is kept of all meters of `segment`; the durations stay."""
        for place in range(_PLACES):
            if self._keys[place] and self._keys[place] & 3 == segment:
                self._kept[place] = kept

    def _place(self, key):
        """Return where `key` is, or where it belongs."""
        place = key % _PLACES
        while self._keys[place] not in (_NOBODY, key):
            place = (place + 1) % _PLACES
        return place


def _key(segment, text):
    return crc32(text.encode()) & 0xFFFFFFFC | segment  # which is 1..3
