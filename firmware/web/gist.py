"""The gist of a telegram: what the board's own page shows of it, so that 250 of them fit in memory.

Of the records stay the few that a person at the cabinet looks for: present values with a plain VIF,
of any tariff and channel (subunit), counters first, channels last. A gist is the inside of a long
frame (from its C field on) with these records only; `frame_of` makes a frame of it again. Nothing
is decoded.

Sources: EN 13757-3:2018 Table 4 (DIF), Tables 10, 12 and 14 (VIF).
"""

from shared.compat import const

MOST_RECORDS = const(6)
_LONGEST = const(100)  # bytes

_HEADERS = {0x72: 15, 0x7A: 7, 0x78: 3}  # CI, least significant byte first -> where records begin
_ENCRYPTED = (5, 7, 8, 9, 10, 13)  # modes, EN 13757-7:2018 Table 19
_SIZES = b"\x00\x01\x02\x03\x04\x04\x06\x08\x00\x01\x02\x03\x04\xff\x06\x00"  # of data, by DIF
_LVAR = const(255)
_IDLE = const(0x2F)
_PLAIN_TEXT = const(0x7C)

# First and last VIF of what is shown: counters, then what flows, is warm or under tension.
_COUNTERS = {0: b"\x00\x1f\x6e\x6e\x7c\x7c", 0xFB: b"\x00\x11\x18\x19\x20\x23"}
_OTHERS = {0: b"\x28\x6b", 0xFB: b"\x14\x17\x1a\x1b\x24\x37\x58\x67", 0xFD: b"\x00\x07\x40\x5f"}


def gist(frame):
    """Return the gist of `frame` (a whole long frame, checked), of at most 100 bytes."""
    inside = bytes(frame[4:-2])
    start = _HEADERS.get(inside[2])
    if start is None or (start > 3 and inside[start - 1] & 0x1F in _ENCRYPTED):
        return inside if len(inside) <= _LONGEST else inside[:15]
    made = inside[:start]
    for record in _choose(inside, start)[:MOST_RECORDS]:
        if len(made) + len(record) <= _LONGEST:
            made += record
    return made


def frame_of(gist):
    """Return the long frame whose inside is `gist`."""
    size = len(gist)
    return bytes((0x68, size, size, 0x68)) + gist + bytes((sum(gist) & 0xFF, 0x16))


def _choose(inside, at):
    """Return the records of `inside` from `at` on that are shown, those that matter most first."""
    chosen = ([], [], [], [])
    end = len(inside)
    while at < end:
        start, dif = at, inside[at]
        if dif & 0x0F == 0x0F:
            if dif != _IDLE:
                break  # the maker's own data, to the end
            at += 1
            continue
        present = not dif & 0x70  # storage number 0, instantaneous
        channel = 0
        while at < end - 1 and inside[at] & 0x80:
            at += 1
            present = present and not inside[at] & 0x0F
            channel |= inside[at] & 0x40
        vif = at = at + 1
        while at < end - 1 and inside[at] & 0x80:
            at += 1
        last = at  # VIFE, or the VIF itself
        at += 1
        if at < end and inside[vif] & 0x7F == _PLAIN_TEXT:
            at += 1 + inside[at]
        size = _SIZES[dif & 0x0F]
        if size == _LVAR:
            present = False
            size = 1 + _variable(inside[at] if at < end else 0)
        at += size
        if present and size and at <= end:
            rank = _rank(inside[vif], inside[last], last - vif)
            if rank is not None:
                chosen[rank + 2 if channel else rank].append(inside[start:at])
    return chosen[0] + chosen[1] + chosen[2] + chosen[3]


def _rank(vif, last, extensions):
    """Return 0 for a counter, 1 for another value that is shown, None for one that is not."""
    table = vif if extensions else 0
    if extensions > 1:
        return None
    for rank, ranges in ((0, _COUNTERS), (1, _OTHERS)):
        found = ranges.get(table, b"")
        for n in range(0, len(found), 2):
            if found[n] <= last <= found[n + 1]:
                return rank
    return None


def _variable(lvar):
    """Return the bytes of data behind `lvar`, EN 13757-3:2018 Table 5."""
    if lvar < 0xC0:
        return lvar
    return lvar & 0x0F if lvar < 0xF0 else 4 * (lvar - 0xEC)
