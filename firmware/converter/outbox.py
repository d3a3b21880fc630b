"""A foreign master's bytes on their way to the bus: they leave when none can come too late.

The line may not be idle between the bytes of a telegram (EN 13757-2), and meters drop one that
pauses. A serial master, or one far away, gives a telegram piece by piece, and our own tasks take
turns. So a telegram begins to leave when it is there as a whole, or START_US and START_BITS after
its first byte: what then comes later by less than that does not show on the bus. Between two
telegrams the bus has its 33 bit times of rest, which the first one's delay would else eat up.
Bytes that make no telegram, such as those that wake a meter, pass alike.

Pure: times are `hal.ticks_us`, compared within minutes.
"""

from shared.compat import const, ticks_add, ticks_diff

START_US = const(20000)  # turns of the other tasks, a collection of memory
START_BITS = const(22)  # a master's clock 0.7 % slower than ours, in the longest telegram
_IDLE_BITS = const(33)  # EN 13757-2: between two telegrams
_CHARACTER_BITS = const(11)
_AHEAD = const(256)  # bytes that wait in the line's own buffer, at most
_SHORT, _LONG, _STOP = const(0x10), const(0x68), const(0x16)


class Outbox:
    """`len`: bytes not yet handed to the bus. baud: what these are to be sent at."""

    def __init__(self, baud):
        self.baud = baud
        self._bytes = self._offered = bytearray()
        self._came_us = 0  # when the first of them came
        self._lacks = 0  # so many bytes lacks the telegram that is leaving
        self._left_us = None  # when the last byte fed will have left, or has; None: long ago

    def __len__(self):
        return len(self._bytes)

    def clear(self):
        """Forget what has not been handed to the bus."""
        self._bytes = bytearray()
        self._lacks = 0

    def put(self, data, baud, now_us):
        """Take `data` (not empty) from the master. `baud` may be new only when nothing is kept."""
        if not self._bytes:
            self.baud = baud
            self._came_us = now_us
        self._bytes += data

    def sending_us(self, now_us):
        """Return in how many microseconds the last byte will have left; 0: it has."""
        if self._left_us is None:
            return 0
        left_us = ticks_diff(self._left_us, now_us)
        if left_us <= -_IDLE_BITS * 1000000 // self.baud:
            self._left_us = None
            self._lacks = 0  # it was torn: what comes now is new
        return max(0, left_us)

    def due(self, now_us):
        """Return the bytes to hand to the bus now, b"" for none."""
        sending_us = self.sending_us(now_us)
        if self._bytes and not self._lacks:
            self._lacks = self._begin(sending_us, now_us)
        self._offered = self._bytes
        room = _AHEAD - -(-sending_us // (_CHARACTER_BITS * 1000000 // self.baud))
        return bytes(self._bytes[: max(0, min(self._lacks, room))])

    def fed(self, count, now_us):
        """Take note that the bus has taken the first `count` of the bytes that were due."""
        if count:
            takes_us = count * _CHARACTER_BITS * 1000000 // self.baud
            self._left_us = ticks_add(now_us, self.sending_us(now_us) + takes_us)
            if self._bytes is self._offered:  # else it was cleared meanwhile
                self._bytes = self._bytes[count:]
                self._lacks -= count

    def _begin(self, sending_us, now_us):
        """Return how many bytes belong together from the first on, if they may leave; else 0."""
        data = self._bytes
        waited = ticks_diff(now_us, self._came_us) >= START_US + START_BITS * 1000000 // self.baud
        size = _telegram(data)
        if size:
            return size if self._left_us is None and (waited or len(data) >= size) else 0
        if not waited and not sending_us:
            return 0
        size = 1
        while size < len(data) and data[size] not in (_SHORT, _LONG):
            size += 1
        return size


def _telegram(data):
    """Return how long the telegram is that `data` begins with, as far as it can tell; 0: none."""
    known = len(data)
    if data[0] == _SHORT:
        return 5 if known < 5 or data[4] == _STOP else 0
    if data[0] != _LONG or (known > 2 and data[1] != data[2]) or (known > 3 and data[3] != _LONG):
        return 0
    return data[1] + 6 if known > 1 else 6
