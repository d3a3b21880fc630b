"""Readings kept until the host has them: the raw telegrams, numbered within one boot.

It is lossless while the host comes in time. When it is full the oldest entries go first, and
`lost` says how many went before they were acknowledged, so the gap is known. It lives in RAM: a
restart empties it, and (boot, number) tells the host that a new count began. Nothing is decoded.
"""

from shared.compat import const
from shared.errors import BadSetting

_ENTRY_COST = const(160)  # bytes of RAM for an entry beside its telegrams, about
_TELEGRAM_COST = const(32)
_FETCH_BYTES = const(8192)  # telegrams in one `fetch`: the host asks again for the rest


class Journal:
    """boot: number of this start, 0..2**31-1. room: bytes of RAM that the entries may take."""

    def __init__(self, boot, room=49152):
        self.boot = boot
        self.newest = 0  # number of the last entry ever added, 0 for none
        self.lost = 0  # entries that went unacknowledged
        self._room = room
        self._used = 0
        self._entries = []  # the oldest first, numbered without gaps up to `newest`

    @property
    def oldest(self):
        """Number of the oldest entry held, `newest` + 1 when there is none."""
        return self.newest + 1 - len(self._entries)

    def add(self, entry):
        """Keep `entry` (a dict with "telegrams", a sequence of bytes) and return its number.

        The entry gets "number" and "boot". One larger than the whole room is kept alone.
        """
        cost = _cost(entry)
        while self._entries and self._used + cost > self._room:
            self._drop()
            self.lost += 1
        self.newest += 1
        entry["number"] = self.newest
        entry["boot"] = self.boot
        self._entries.append(entry)
        self._used += cost
        return self.newest

    def fetch(self, after, limit):
        """Return up to `limit` entries numbered above `after`, the oldest first, as a list.

        Fewer come when their telegrams would be over 8 KB together; the first always comes.
        """
        first = max(0, after + 1 - self.oldest)
        chosen = []
        size = 0
        for entry in self._entries[first : first + limit]:
            size += sum([len(telegram) for telegram in entry["telegrams"]])
            if chosen and size > _FETCH_BYTES:
                break
            chosen.append(entry)
        return chosen

    def acknowledge(self, boot, number):
        """Forget the entries up to `number`: the host has stored them.

        Numbers already forgotten do no harm. Raises BadSetting for another boot's number, or one
        not given out yet: the host mistakes this journal for another.
        """
        if boot != self.boot:
            raise BadSetting("the journal is of boot %d, not %d" % (self.boot, boot))
        if number > self.newest:
            raise BadSetting("the newest entry is %d, not %d" % (self.newest, number))
        while self._entries and self.oldest <= number:
            self._drop()

    def _drop(self):
        self._used -= _cost(self._entries.pop(0))


def _cost(entry):
    """Return the bytes of RAM that `entry` takes, about."""
    telegrams = entry["telegrams"]
    return _ENTRY_COST + sum([_TELEGRAM_COST + len(telegram) for telegram in telegrams])
