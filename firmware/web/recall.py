"""After a restart: what the board's own page shows of meters that have not been read since.

A battery may be due in a day only, a bus may be cut off: so the last readings of earlier boots
are looked up in the journal, once. What the host has taken is not there; it shows it itself.
"""

from firmware.web.latest_readings import MOST
from shared.compat import const

_BOOTS = const(8)  # looked back at, at most
_PIECE = const(4)  # entries at a time: little memory, and others run between


async def recall(journal, latest):
    """Give `latest` (`LatestReadings`) the last entries that `journal` has of earlier boots."""
    boot, number, left = journal.boot, 0, MOST
    while left > 0 and boot > max(0, journal.boot - _BOOTS):
        boot -= 1
        last = await _last_number(journal, boot)
        number = max(0, last - left)
        left -= last - number
    while True:
        entries = await journal.fetch(boot, number, _PIECE)
        entries = [entry for entry in entries if entry["boot"] < journal.boot]
        if not entries:
            return
        for entry in entries:
            latest.recall(entry)
            boot, number = entry["boot"], entry["number"]


async def _last_number(journal, boot):
    """Return the number of the last entry of `boot`, 0 when there is none: by halves."""
    there, gone = 0, 1
    while await _has(journal, boot, gone):
        there, gone = gone, 2 * gone
    while gone - there > 1:
        middle = (there + gone) // 2
        if await _has(journal, boot, middle):
            there = middle
        else:
            gone = middle
    return there


async def _has(journal, boot, number):
    """Whether there is an entry of `boot` with this number or a later one."""
    found = await journal.fetch(boot, number - 1, 1)
    return bool(found) and found[0]["boot"] == boot
