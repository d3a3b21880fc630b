"""A series of journal files: it grows at the newest segment and shrinks by whole files.

Only the newest segment and the one that is being read have their index in memory. `append` and
`remove` write to flash; nothing here waits.
"""

import os

from firmware.journal.batch import Reader
from firmware.journal.segment import Segment
from shared.compat import const

_BLOCK = const(4096)  # of flash: a file takes whole ones


class Series:
    """The segments `letter` + number in `folder`, the oldest first.

    size: bytes after which it goes on in a new file. dropped: number of the last file that was
    given up; it may be there still, and is none of ours.
    """

    def __init__(self, folder, letter, size):
        self.segments = []
        self.dropped = 0
        self._folder = folder
        self._letter = letter
        self._size = size
        self._number = 0  # of the newest file
        self._reader = None
        self._found = None  # what the reader has read last
        self._asked = (0, 0)  # after which place

    @property
    def left(self):
        """How many entries are not acknowledged."""
        return sum([segment.left for segment in self.segments])

    @property
    def damaged(self):
        """How many entries in its files can't be restored."""
        return sum([segment.damaged for segment in self.segments])

    @property
    def taken(self):
        """The bytes of flash that its files take."""
        return sum([-(-segment.size // _BLOCK) * _BLOCK for segment in self.segments])

    def load(self, names):
        """Take the files of this series among `names`: a generator of the heads of all batches."""
        letter = self._letter
        self.segments = []
        own = [int(name[1:]) for name in names if name[0] == letter and name[1:].isdigit()]
        for number in sorted(own):
            path = self._path(number)
            if number <= self.dropped:
                os.remove(path)
                continue
            self._number = number
            segment = Segment(path)
            for head in segment.load():
                yield head
            if self.segments:
                self.segments[-1].unload()
            self.segments.append(segment)

    def newest(self):
        """Return the segment to write to, indexed: the newest, or a new one behind it."""
        if self.segments:
            segment = self.segments[-1]
            if segment.has_room and segment.size < self._size:
                _index(segment)
                return segment
        return Segment(self._path(max(self._number, self.dropped) + 1))

    def append(self, batch, acknowledged):
        """Write `batch`, made for `newest()`. OSError and MemoryError: nothing was written.

        acknowledged: place up to which the host has all.
        """
        segment = batch.segment
        segment.append(batch)
        if segment not in self.segments:
            if self.segments and not (self._reader and self._reader.segment is self.segments[-1]):
                self.segments[-1].unload()
            self.segments.append(segment)
            self._number = max(self._number, self.dropped) + 1
        segment.left = segment.count_after(acknowledged)

    def next(self, place):
        """Return the first entry after `place`, (boot, number), as `Reader.next`; None without."""
        found = self._found
        if found is None or not self._asked <= place < place_of(found[0]):
            found = self._found = self._read(place)
        self._asked = place
        return found

    def _read(self, place):
        for segment in self.segments:
            if segment.last <= place:
                continue
            reader = self._reader
            if reader is None or reader.segment is not segment or reader.place != place:
                self._close(segment)
                _index(segment)
                reader = self._reader = Reader(segment, place)
            with open(segment.path, "rb") as file:
                found = reader.next(file)
            if found:
                return found
        return None

    def _close(self, segment=None):
        """Forget the reader, and the index of its segment where nobody needs it."""
        needed = (segment, self.segments[-1] if self.segments else None)
        if self._reader and self._reader.segment not in needed:
            self._reader.segment.unload()
        self._reader = self._found = None

    def acknowledge(self, place):
        """Take the entries up to `place` for done; return the segments whose files may go."""
        gone = []
        while self.segments and self.segments[0].last <= place:
            gone.append(self.give_up())
        if self.segments and self.segments[0].first <= place:
            segment = self.segments[0]
            _index(segment)
            segment.left = segment.count_after(place)
        return gone

    def give_up(self):
        """Forget the oldest segment and return it; its file is still there."""
        segment = self.segments.pop(0)
        self._close()
        return segment

    def _path(self, number):
        return self._folder + "/" + self._letter + str(number)


def place_of(entry):
    """Return (boot, number) of `entry`: where it stands in the order of all entries."""
    return entry["boot"], entry["number"]


def number_of(path):
    """Return the number of the segment at `path`."""
    return int(path[path.rindex("/") + 2 :])


def _index(segment):
    """Make the index of `segment` if it has none."""
    if segment.size and not segment.spans:
        left = segment.left
        for _ in segment.load():
            pass
        segment.left = left
