"""Readings kept until the host has them: the raw telegrams, numbered within one boot.

While the host comes in time, entries live and die in RAM. When it is full the oldest entries go
first, and `lost` says how many went before they were acknowledged, so the gap is known. (boot,
number) names an entry for ever. Nothing is decoded.
"""

from shared.compat import const
from shared.errors import BadSetting

_ENTRY_COST = const(160)  # bytes of RAM for an entry beside its telegrams, about
_TELEGRAM_COST = const(32)
_FETCH_BYTES = const(8192)  # telegrams in one `fetch`: the host asks again for the rest


class Journal:
    """hal: its boot and its clocks. room: bytes of RAM that the entries may take.

    tell: `LinkServer.tell`, to say that an entry was added; None to be silent.
    """

    def __init__(self, hal, room=24576, tell=None):
        self.boot = hal.boot
        self.newest = 0  # number of the last entry of this boot, 0 for none
        self.lost = 0  # entries that went unacknowledged
        self._tell = tell
        self._room = room
        self._used = 0
        self._entries = []  # the oldest first

    @property
    def held(self):
        """How many entries wait to be acknowledged, those of earlier boots too."""
        return len(self._entries)

    def add(self, entry):
        """Keep `entry`, a dict as ENTRY of `shared.link.messages`; return its number.

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
        if self._tell:
            self._tell("journal.added", {"boot": self.boot, "number": self.newest})
        return self.newest

    async def fetch(self, boot, after, limit):
        """Return up to `limit` entries after number `after` of `boot`, the oldest first, as a list.

        Fewer come when their telegrams would be over 8 KB together; the first always comes.
        """
        chosen = []
        size = 0
        for entry in self._entries:
            if (entry["boot"], entry["number"]) <= (boot, after):
                continue
            size += sum([len(telegram) for telegram in entry["telegrams"]])
            if chosen and (size > _FETCH_BYTES or len(chosen) == limit):
                break
            chosen.append(entry)
        return chosen

    def acknowledge(self, boot, number):
        """Forget the entries up to `number` of `boot`, and all of earlier boots: they are stored.

        Numbers already forgotten do no harm. Raises BadSetting for a boot that has not been yet or
        a number not given out yet: the host mistakes this journal for another.
        """
        if boot > self.boot:
            raise BadSetting("the journal is of boot %d, not %d" % (self.boot, boot))
        if boot == self.boot and number > self.newest:
            raise BadSetting("the newest entry is %d, not %d" % (self.newest, number))
        entries = self._entries
        while entries and (entries[0]["boot"], entries[0]["number"]) <= (boot, number):
            self._drop()

    async def flush(self):
        """Bring everything held into flash."""

    def state(self):
        """Return what the journal holds: boot, newest, held, lost."""
        return {"boot": self.boot, "newest": self.newest, "held": self.held, "lost": self.lost}

    def handlers(self):
        """Return the link's methods that are answered here."""
        return {"journal.fetch": self._fetch, "journal.acknowledge": self._acknowledge}

    async def _fetch(self, params):
        entries = await self.fetch(params["boot"], params["after"], params["limit"])
        result = self.state()
        result["entries"] = entries
        return result

    async def _acknowledge(self, params):
        self.acknowledge(params["boot"], params["number"])
        return self.state()

    def _drop(self):
        self._used -= _cost(self._entries.pop(0))


def _cost(entry):
    """Return the bytes of RAM that `entry` takes, about."""
    telegrams = entry["telegrams"]
    return _ENTRY_COST + sum([_TELEGRAM_COST + len(telegram) for telegram in telegrams])
