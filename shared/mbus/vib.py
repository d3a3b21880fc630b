"""What a VIF and its VIFEs mean: quantity, base unit, power of ten, modifiers.

`meaning(vib)` reads the bytes of a VIB (VIF, plain text and VIFEs) through the tables of
`vif_tables`. It does not look at data. `SCALE` is the short cut through the primary table that the
decoder's loop takes.
"""

from shared.compat import const
from shared.mbus.vif_tables import (
    BYTES,
    DATE,
    DURATIONS,
    FB,
    FD,
    FDFD,
    MORE_WORDS,
    NUMBER,
    PRIMARY,
    RECORD_ERRORS,
    RESERVED,
    SECONDS,
    UNSIGNED,
    WORDS,
)


def _scale_table():
    """Return 256 bytes: power of ten + 100 of a plain number by its only VIF byte; else 255 - kind.

    Durations count as power 0: the unit's factor is applied by `reading.scaled`.
    """
    table = bytearray(b"\xff" * 256)
    for first, last, kind, power, _, _ in PRIMARY:
        for vif in range(first, last + 1):
            if kind == DATE:
                table[vif] = 255 - DATE
            elif kind in (NUMBER, UNSIGNED):
                table[vif] = 100 if power >= SECONDS else 100 + power + vif - first
    return bytes(table)


SCALE = _scale_table()
DATE_SCALE = 255 - DATE

_CACHED = const(64)  # meanings kept; a bus with more kinds than that only gets slower
_cache = {}


def meaning(vib):
    """Return what `vib` (bytes: VIF, plain text, VIFEs) means, as a tuple.

    (kind, power of ten, quantity, base unit, factor to it, unit of the VIF, modifiers, addend,
    error): the value in base units is (data x 10**power + addend) x factor; `addend` is
    (mantissa, exponent) or None; `error` is the meter's record error or None.
    """
    found = _cache.get(vib)
    if found is None:
        if len(_cache) >= _CACHED:
            _cache.clear()
        found = _cache[bytes(vib)] = _read(vib)
    return found


def find(table, code):
    for row in table:
        if row[0] <= code <= row[1]:
            return row
    return RESERVED


def _read(vib):
    pos = 1
    vif = vib[0]
    if vif == 0xFB and len(vib) > 1:
        table, code, pos = FB, vib[1] & 0x7F, 2
    elif vif == 0xFD and len(vib) > 2 and vib[1] == 0xFD:
        table, code, pos = FDFD, vib[2] & 0x7F, 3
    elif vif == 0xFD and len(vib) > 1:
        table, code, pos = FD, vib[1] & 0x7F, 2
    else:
        table, code = PRIMARY, vif & 0x7F
    first, _, kind, power, quantity, unit = find(table, code)
    if code == 0x7C and table is PRIMARY:
        quantity, vifes = plain_text(vib)
        first, kind = code, NUMBER
    elif vif == 0xEF and len(vib) > 1:  # a third extension table: nothing but reserved codes
        vifes = vib[2:]
    else:
        vifes = vib[pos:]
    factor = 1
    if power >= SECONDS:
        unit, factor, vif_unit = DURATIONS[power - SECONDS + code - first]
        power = 0
    else:
        vif_unit = unit
        if kind == NUMBER:
            power += code - first
    words = []
    addends = []
    error = None
    correction = 0
    extended = False
    at = -1
    if vif == 0xFF:
        vifes = b""
    for at in range(len(vifes)):
        vife = vifes[at] & 0x7F
        if extended:
            words.append(MORE_WORDS.get(vife, "reserved VIFE FC%02Xh" % vife))
            extended = False
        elif vife == 0x7F:  # what follows is the manufacturer's
            words.append("manufacturer's VIFE")
            break
        elif vife == 0x7C:
            extended = True
        elif vife == 0x7D:
            correction += 3
        elif 0x70 <= vife <= 0x77:
            correction += vife - 0x76
        elif 0x78 <= vife <= 0x7B:
            addends.append(vife - 0x78)
        elif vife in RECORD_ERRORS:
            error = RECORD_ERRORS[vife]
        elif vife:
            word, turned = _word(vife)
            words.append(word)
            if vife in (0x13, 0x1E, 0x1F):
                kind, power = BYTES, 0
            elif turned == "date":
                kind, power, unit, vif_unit, factor = DATE, 0, "", "", 1
            elif turned == "count":
                kind, power, unit, vif_unit, factor = NUMBER, 0, "", "", 1
            elif turned == "duration":
                kind, power = NUMBER, 0
                unit, factor, vif_unit = DURATIONS[vife & 3]
    addend = None
    if addends:  # in 10^-3 of the VIF's unit, whatever the correction factors are
        addend = (sum([10**n for n in addends]), power - 3)
    if unit == "2^-12":  # HCA rating factors: n x 2^-12 = n x 5^12 x 10^-12
        unit, vif_unit, factor, power = "", "", 244140625, power - 12
    return kind, power + correction, quantity, unit, factor, vif_unit, tuple(words), addend, error


def _word(vife):
    """Return the words of a combinable VIFE and what it turns the value into, None if nothing."""
    word = WORDS.get(vife)
    if word:
        if vife == 0x39:
            return word, "date"
        return word, "count" if vife & 0x77 == 0x41 else None
    limit = "upper" if vife & 8 else "lower"
    which = "last" if vife & 4 else "first"
    if 0x42 <= vife <= 0x4F and vife & 2:
        edge = "end" if vife & 1 else "begin"
        return edge + " of " + which + " " + limit + " limit exceed", "date"
    if 0x50 <= vife <= 0x5F:
        return "duration of " + which + " " + limit + " limit exceed", "duration"
    if 0x60 <= vife <= 0x67:
        return "duration of " + which, "duration"
    if 0x6A <= vife <= 0x6F:
        return ("end" if vife & 1 else "begin") + " of " + which, "date"
    return "reserved VIFE %02Xh" % vife, None


def plain_text(vib):
    """Return (text, VIFEs) of a VIB whose VIF is 7Ch or FCh; see `plain_text_end` for the order."""
    if vib[0] & 0x80 and not _text_first(vib, 0, len(vib)):
        at = 1
        while vib[at] & 0x80:
            at += 1
        return text(vib[at + 2 :]), vib[1 : at + 1]
    return text(vib[2 : 2 + vib[1]]), vib[2 + vib[1] :]


def text(data, little=True):
    """Return `data` (bytes, last character first if `little`) as text of latin-1 characters."""
    return "".join([chr(byte) for byte in (reversed(data) if little else data)])


def plain_text_end(frame, pos, end):
    """Return where the VIB ends whose VIF 7Ch or FCh stands at `pos`; more than `end`: cut off.

    The text (length, characters last first) stands before the VIFEs at some makers and after
    them at others: the order is taken in which the text is printable.
    """
    if not frame[pos] & 0x80:
        return pos + 2 + frame[pos + 1]
    if _text_first(frame, pos, end):
        pos += 2 + frame[pos + 1]
        while pos < end and frame[pos] & 0x80:
            pos += 1
        return pos + 1
    pos += 1
    while pos < end and frame[pos] & 0x80:
        pos += 1
    return pos + 2 + frame[pos + 1] if pos + 1 < end else end + 1


def _text_first(frame, pos, end):
    """Tell whether the text of the VIF FCh at `pos` stands before its VIFEs."""
    size = frame[pos + 1] if pos + 1 < end else 0
    if _printable(frame, pos + 2, size, end - 1):
        return True
    pos += 1
    while pos < end and frame[pos] & 0x80:
        pos += 1
    if pos + 1 >= end:
        return True
    return not _printable(frame, pos + 2, frame[pos + 1], end)


def _printable(frame, pos, size, end):
    if size == 0 or pos + size > end:
        return False
    for at in range(pos, pos + size):
        byte = frame[at]
        if byte < 0x20 or 0x7F <= byte < 0xA0:
            return False
    return True
