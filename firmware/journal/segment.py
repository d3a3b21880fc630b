"""One file of the journal: batches of entries, readable without any other file.

A batch is written in one go and has a check word: it is there wholly or not at all. It holds a run
of entries (one boot, consecutive numbers, one clock) and before them the bases they need: the first
reading of each meter in this file, against which its later ones are told (`codec`). A base
may itself be told against that of another meter of the same kind.

    head     size of the body u16, CRC-32 of all that follows it u32, boot u32, first number u32,
             entries u16, size of the bases u16, uptime of the first entry in ms u64, UTC in ms at
             uptime 0 u64 (0 while it is unknown)
    base     size of the record u16; whose it is, hashed, u16; its shape, hashed, u16 (0: told
             against another); segment, kind and error u8, baud rate u8, size of the address u8,
             telegrams u8; the base it is told against u16; boot u16, uptime in s u32; address;
             parts: each u16 and its bytes, or their difference
    entry    hex digits: base (0 the next one), ms since the entry before, difference; then 0 up to
             a whole byte

Numbers are little-endian; uptimes go on where ticks wrap. Nothing behind the last whole batch is
ever read. Here are the file, its index and the bases; `journal_batch` makes and reads the entries.
"""

import struct
from array import array
from binascii import crc32, hexlify, unhexlify

from firmware.journal.codec import difference, restore
from shared.compat import const

HEAD = "<HIIIHHQQ"
HEAD_SIZE = const(34)
_BASE = "<HHHBBBBHHI"
_BASE_SIZE = const(18)
_MOST_BASES = const(1000)  # of one file: 8 bytes of heap each
_CHUNK = const(512)


class Segment:
    """The file at `path`.

    size: bytes of its whole batches; left: entries in them that are not acknowledged; first, last:
    (boot, number) of the first and the last one; whole: nothing else is in the file; damaged:
    entries that are in the file and can't be restored, as far as is known. All of it is known after
    `load`, or from the beginning for a file that does not exist yet.
    """

    def __init__(self, path):
        self.path = path
        self.size = 0
        self.left = 0
        self.first = (0, 0)
        self.last = (0, 0)
        self.whole = True
        self.damaged = 0
        self._spoilt = {}  # offset of a batch -> how many of its entries can be restored
        self.spans = []  # of each batch: offset, boot, first number, entries
        self.bases = array("I")  # of each base: where its record stands
        self.keys = array("H")  # whose it is, hashed
        self.shapes = array("H")  # what it may serve as an example for, hashed

    def unload(self):
        """Give back the memory of the index. `load` brings it back."""
        self.spans = []
        self.bases = array("I")
        self.keys = array("H")
        self.shapes = array("H")

    def load(self):
        """Read the file through and make its index: a generator of the head of each batch.

        Where it fails or is given up there is no index, and what was known before stays.
        """
        before = self.size, self.left, self.first, self.last, self.damaged
        self.unload()
        self.size = self.left = 0
        try:
            with open(self.path, "rb") as file:
                while True:
                    file.seek(self.size)
                    head = file.read(HEAD_SIZE)
                    if not is_whole(head, file):
                        break
                    fields = struct.unpack(HEAD, head)
                    self._index(fields, file)
                    yield fields
                if head and self.whole:
                    self.damaged += _count_rest(file, self.size)
                self.whole = not head
        except:  # no memory, or nobody wants the rest
            self.unload()
            self.size, self.left, self.first, self.last, self.damaged = before
            raise

    def _index(self, head, file):
        size, _, boot, first, count, bases_size, _, _ = head
        position = self.size + HEAD_SIZE
        end = position + bases_size
        while position < end:
            file.seek(position)
            base = struct.unpack(_BASE, file.read(_BASE_SIZE))
            self.note_base(position, base[1], base[2])
            position += base[0]
        self._note_batch(boot, first, count, HEAD_SIZE + size)

    def _note_batch(self, boot, first, count, size):
        if not self.size:
            self.first = (boot, first)
        count = self._spoilt.get(self.size, count)
        self.spans.append((self.size, boot, first, count))
        self.size += size
        self.left += count
        self.last = (boot, first + count - 1)

    def spoil(self, span, number, place):
        """Give up the entries from `number` on of batch `span`: they can't be restored.

        place: (boot, number) up to which the host has all.
        """
        offset, boot, first, _ = self.spans[span]
        before = self.count_after(place)
        self._spoilt[offset] = number - first
        self.spans[span] = (offset, boot, first, number - first)
        if span + 1 == len(self.spans):
            self.last = (boot, number - 1)
        lost = before - self.count_after(place)
        self.damaged += lost
        self.left = max(0, self.left - lost)

    def note_base(self, position, key, shape):
        """Add a base to the index: it stands, or will stand, at `position` of the file."""
        self.bases.append(position)
        self.keys.append(key)
        self.shapes.append(shape)

    def forget_bases(self, count):
        """Keep only the first `count` bases in the index: the others were not written."""
        self.bases = self.bases[:count]
        self.keys = self.keys[:count]
        self.shapes = self.shapes[:count]

    @property
    def has_room(self):
        """Whether it may get another batch."""
        return self.whole and len(self.bases) < _MOST_BASES

    def count_after(self, place):
        """Return how many entries come after `place`, a (boot, number). It is loaded."""
        count = 0
        for _, boot, first, entries in self.spans:
            if (boot, first) > place:
                count += entries
            elif (boot, first + entries - 1) > place:
                count += first + entries - 1 - place[1]
        return count

    def append(self, batch):
        """Write `batch` (a `Batch` begun on this file as it is).

        OSError and MemoryError: the file is as before.
        """
        data = batch.data()
        before = self.first, self.last, self.left
        self._note_batch(batch.boot, batch.first, batch.count, len(data))  # it may want memory
        try:
            with open(self.path, "ab") as file:
                file.write(data)
        except:
            self.spans.pop()
            self.size -= len(data)
            self.first, self.last, self.left = before
            raise


class Base:
    """A first reading: of whom (`whose`, packed), when, and its parts."""

    def __init__(self, whose, boot, uptime_s, parts):
        self.whose = whose
        self.boot = boot & 0xFFFF
        self.uptime_s = uptime_s
        self.parts = parts

    def passed_s(self, boot, uptime_s):
        """Return the seconds from this base to `uptime_s` of `boot`; 0 where they are unknown."""
        if self.boot != boot & 0xFFFF or uptime_s < self.uptime_s:
            return 0
        return uptime_s - self.uptime_s

    def key(self):
        """Return whose it is and its shape, hashed: 0..65535."""
        return crc32(self.whose, crc32(_lengths(self.parts))) & 0xFFFF

    def shape(self):
        """Return what kind of meter's it is, hashed: 1..65535."""
        maker = self.parts[0][11:15] if self.parts else b""
        return crc32(maker, crc32(_lengths(self.parts))) & 0xFFFF or 1

    def record(self, shape, like, text):
        """Return the bytes to be written; `text` tells it against base number `like`, or None."""
        if text is None:
            body = b"".join([struct.pack("<H", len(part)) + part for part in self.parts])
        else:
            body = packed(text)
        size = _BASE_SIZE + len(self.whose) - 4 + len(body)
        head = struct.pack("<HHH", size, self.key(), shape) + self.whose[:4]
        return head + struct.pack("<HHI", like, self.boot, self.uptime_s) + self.whose[4:] + body


def read_base(segment, index, read):
    """Return the `Base` number `index`; `read(position, size)` reads the file of `segment`."""
    position = segment.bases[index]
    head = struct.unpack(_BASE, read(position, _BASE_SIZE))
    size, _, shape, _, _, address_size, _, like, boot, uptime_s = head
    body = read(position + 6, size - 6)
    start = _BASE_SIZE - 6 + address_size
    whose = body[:4] + body[_BASE_SIZE - 6 : start]
    base = Base(whose, boot, uptime_s, [])
    if shape:
        while start < len(body):
            end = start + 2 + struct.unpack_from("<H", body, start)[0]
            base.parts.append(body[start + 2 : end])
            start = end
    else:
        example = read_base(segment, like, read)
        passed_s = example.passed_s(boot, uptime_s)
        text = hexlify(body[start:]).decode()
        base.parts = restore(text, 0, example.parts, passed_s)[0]
    return base


def new_base(segment, base, read):
    """Return the record of `base`, a meter's first reading in `segment`.

    It is told against the base of another meter of its kind, where there is one that fits.
    """
    shape = base.shape()
    for index, known in enumerate(segment.shapes):
        if known == shape:
            example = read_base(segment, index, read)
            passed_s = example.passed_s(base.boot, base.uptime_s)
            text = difference(base.parts, example.parts, passed_s)
            if text is not None:
                return base.record(0, index, text)
    return base.record(shape, 0, None)


def is_whole(head, file):
    """Tell whether `head` begins a whole batch; its body stands next in `file`."""
    if len(head) < HEAD_SIZE:
        return False
    size, expected = struct.unpack_from("<HI", head)
    check = crc32(head[6:])
    while size > 0:
        chunk = file.read(min(size, _CHUNK))
        if not chunk:
            return False
        check = crc32(chunk, check)
        size -= len(chunk)
    return check == expected


def _count_rest(file, position):
    """Return how many entries stand from `position` on, by the heads of their batches.

    1 where these can't be right.
    """
    count = 0
    end = file.seek(0, 2)
    while position + HEAD_SIZE <= end:
        file.seek(position)
        head = struct.unpack(HEAD, file.read(HEAD_SIZE))
        position += HEAD_SIZE + head[0]
        count += head[4]
    return count if position == end else 1


def packed(text):
    """Return the hex digits `text` as bytes, filled up by a 0."""
    return unhexlify(text + "0" if len(text) & 1 else text)


def _lengths(parts):
    return b"".join([struct.pack("<H", len(part)) for part in parts])
