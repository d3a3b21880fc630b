"""The entries of the journal's files: packed into batches, and unpacked again.

`Batch` collects entries for the end of a `Segment` and makes the bytes that are written in one go.
`Reader` goes through a segment and returns the entries as they were. Neither writes.
"""

import struct
from binascii import crc32, hexlify

from firmware.journal.codec import difference, number, read_number, restore
from firmware.journal.segment import HEAD, HEAD_SIZE, Base, is_whole, new_base, packed, read_base
from shared.compat import const

_FULL = const(1024)  # bytes of entries at which a batch is full
_BASES_FULL = const(3072)  # bytes of bases, likewise; one entry more may be 8 KB
_TICKS_MASK = const(0x3FFFFFFF)
_LONGEST_DETAIL = const(100)  # characters of an error's detail that are kept

_BAUDS = (300, 600, 1200, 2400, 4800, 9600, 19200, 38400)
_KINDS = ("meter", "input", "status", "date")


class Batch:
    """Entries for the end of `segment`, which must be loaded and must not change meanwhile.

    is_date: whether they are a reading date's.
    """

    def __init__(self, segment, is_date=False):
        self.is_date = is_date
        self.boot = self.first = self.count = 0
        self.segment = segment
        self._bases_before = len(segment.bases)
        self._bases = bytearray()
        self._entries = bytearray()
        self._index = -1  # base of the entry before
        self._uptime_ms = self._begin_ms = 0
        self._zero = None  # UTC in ms at uptime 0 lies between these two; None: unknown

    def add(self, entry, uptime_ms, file):
        """Take `entry` (a dict), made at `uptime_ms`; False when it must go into the next batch.

        file: the segment, open for reading; None while it does not exist.
        """
        zero = _zero(entry["utc_s"], uptime_ms)
        if self.count:
            if not self._continues(entry, uptime_ms):
                return False
            zero = _both(zero, self._zero)
            if zero is False:
                return False
        else:
            self.boot = entry["boot"]
            self.first = entry["number"]
            self._begin_ms = self._uptime_ms = uptime_ms
        self._zero = zero
        self._entries += packed(self._told(entry, uptime_ms, file))
        self._uptime_ms = uptime_ms
        self.count += 1
        return True

    def _continues(self, entry, uptime_ms):
        return (
            entry["number"] == self.first + self.count
            and entry["boot"] == self.boot
            and uptime_ms >= self._uptime_ms
            and len(self._entries) < _FULL
            and len(self._bases) < _BASES_FULL
        )

    def _told(self, entry, uptime_ms, file):
        """Return the digits of `entry`."""

        def read(position, size):
            return self._read(position, size, file)

        reading = Base(*_reading(entry, uptime_ms))
        index, text = self._against_base(reading, read)
        digits = "0" if index == self._index + 1 else number(index)
        self._index = index
        return digits + number(uptime_ms - self._uptime_ms) + text

    def _against_base(self, reading, read):
        """Return the number of a base and `reading` told against it; a new base where none fits."""
        segment = self.segment
        key = reading.key()
        keys = segment.keys
        count = len(keys)
        index = self._index + 1  # meters are mostly read in the same order
        for _ in range(count):
            if index >= count:
                index = 0
            if keys[index] == key:
                base = read_base(segment, index, read)
                if base.whose == reading.whose:
                    passed_s = base.passed_s(reading.boot, reading.uptime_s)
                    text = difference(reading.parts, base.parts, passed_s)
                    if text is not None:
                        return index, text
            index += 1
        record = new_base(segment, reading, read)
        position = segment.size + HEAD_SIZE + len(self._bases)
        _, key, shape = struct.unpack_from("<HHH", record)
        segment.note_base(position, key, shape)
        self._bases += record
        return count, "0" * len(reading.parts)

    def _read(self, position, size, file):
        """Return `size` bytes at `position` of the file as it will be with this batch."""
        start = position - self.segment.size - HEAD_SIZE
        if start >= 0:
            return bytes(self._bases[start : start + size])
        file.seek(position)
        return file.read(size)

    @property
    def size(self):
        """The bytes it will take."""
        return HEAD_SIZE + len(self._bases) + len(self._entries)

    @property
    def last(self):
        """(boot, number) of its last entry."""
        return self.boot, self.first + self.count - 1

    def data(self):
        """Return the bytes of the batch."""
        zero_ms = self._zero[0] if self._zero else 0
        data = bytearray(self.size)  # made once: there may be no second piece of this length
        struct.pack_into(
            HEAD,
            data,
            0,
            len(data) - HEAD_SIZE,
            0,
            self.boot,
            self.first,
            self.count,
            len(self._bases),
            self._begin_ms,
            zero_ms,
        )
        entries_at = HEAD_SIZE + len(self._bases)
        data[HEAD_SIZE:entries_at] = self._bases
        data[entries_at:] = self._entries
        struct.pack_into("<I", data, 2, crc32(memoryview(data)[6:]))
        return data

    def cancel(self):
        """It will not be written: take its bases out of the segment's index."""
        self.segment.forget_bases(self._bases_before)


class Reader:
    """Reads `segment`, which must be loaded, from the first entry after `place` on.

    place: (boot, number) of the last entry returned, or of where to begin.
    """

    def __init__(self, segment, place):
        self.segment = segment
        self.place = place
        self._span = -1  # the batch whose entries are in `_text`
        self._left = 0
        self._text = ""
        self._position = 0

    def next(self, file):
        """Return (entry, uptime in ms, UTC in ms at uptime 0 or 0 while unknown); None at the end.

        The rest of a batch that can't be restored is passed over and counted: `Segment.damaged`.
        file: the segment, open for reading.
        """
        before = self.place
        while True:
            if not self._left and not self._next_batch(file):
                return None
            try:
                found = self._next_entry(file)
            except (OSError, MemoryError):
                raise
            except Exception:  # its bases are not what they were
                self.segment.spoil(self._span, self._number + 1, before)
                self._left = 0
                continue
            self.place = (self._boot, self._number)
            if self.place > before:
                return found

    def _next_batch(self, file):
        """Go to the next batch that has entries after `place`; False when there is none."""
        spans = self.segment.spans
        while self._span + 1 < len(spans):
            self._span += 1
            offset, boot, first, count = spans[self._span]
            if not count or (boot, first + count - 1) <= self.place:
                continue
            file.seek(offset)
            head = file.read(HEAD_SIZE)
            if not is_whole(head, file):
                self.segment.spoil(self._span, first, self.place)  # it has decayed since
                continue
            size, _, _, _, _, bases_size, self._uptime_ms, self._zero_ms = struct.unpack(HEAD, head)
            file.seek(offset + HEAD_SIZE + bases_size)
            self._text = hexlify(file.read(size - bases_size)).decode()
            self._boot = boot
            self._number = first - 1
            self._left = count
            self._position = 0
            self._index = -1
            return True
        self._text = ""
        return False

    def _next_entry(self, file):
        def read(position, size):
            file.seek(position)
            return file.read(size)

        text = self._text
        position = self._position
        if text[position] == "0":
            self._index += 1
            position += 1
        else:
            self._index, position = read_number(text, position)
        passed_ms, position = read_number(text, position)
        self._uptime_ms += passed_ms
        base = read_base(self.segment, self._index, read)
        passed_s = base.passed_s(self._boot, self._uptime_ms // 1000)
        parts, position = restore(text, position, base.parts, passed_s)
        entry = _entry(base.whose, parts)
        self._position = position + (position & 1)
        self._number += 1
        self._left -= 1
        entry["boot"] = self._boot
        entry["number"] = self._number
        entry["ticks_ms"] = self._uptime_ms & _TICKS_MASK
        entry["utc_s"] = (self._zero_ms + self._uptime_ms) // 1000 if self._zero_ms else None
        return entry, self._uptime_ms, self._zero_ms


def _reading(entry, uptime_ms):
    """Return whose reading `entry` is (packed), its boot, its uptime in s, and its parts."""
    parts = list(entry["telegrams"])
    error = entry["error"]
    what = entry["segment"] | _KINDS.index(entry["kind"]) << 2 | (16 if error else 0)
    if error:
        parts.append(error["key"].encode())
        parts.append(error["detail"][:_LONGEST_DETAIL].encode())
    address = entry["address"].encode()
    baud = _BAUDS.index(entry["baud"])
    whose = bytes((what, baud, len(address), len(entry["telegrams"]))) + address
    return whose, entry["boot"], uptime_ms // 1000, parts


def _entry(whose, parts):
    """Return the entry that `_reading` took apart, but for its place and its time."""
    what, baud, _, telegrams = whose[:4]
    error = None
    if what & 16:
        error = {"key": parts[telegrams].decode(), "detail": parts[telegrams + 1].decode()}
    return {
        "segment": what & 3,
        "address": whose[4:].decode(),
        "baud": _BAUDS[baud],
        "kind": _KINDS[what >> 2 & 3],
        "telegrams": parts[:telegrams],
        "error": error,
    }


def _zero(utc_s, uptime_ms):
    """Return between which ms of UTC uptime 0 lay, by a clock that shows whole seconds."""
    if utc_s is None:
        return None
    low = 1000 * utc_s - uptime_ms
    return low, low + 999


def _both(one, other):
    """Return what both say of uptime 0; False when they contradict each other."""
    if one is None or other is None:
        return None if one is other else False
    low = max(one[0], other[0])
    high = min(one[1], other[1])
    return (low, high) if low <= high else False
