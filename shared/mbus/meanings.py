"""What a VIF and its VIFEs mean to people: unit, quantity, modifiers, the meter's record error.

The decoder needs none of it. Units are asked for with every value, so they have tables of bytes
like the decoder's; words are looked up in the text of `vif_tables` and `vife_words`.
"""

from shared.compat import ROOMY
from shared.mbus import vib
from shared.mbus.vif_tables import DURATIONS, FB, FD, FDFD, PRIMARY
from shared.mbus.vife_words import MORE_WORDS, RECORD_ERRORS, WORDS

_RATING = "2^-12"  # unit of the rating factors: n x 2^-12 = n x 5^12 x 10^-12
_RATING_FACTOR = 244140625

# Entries kept, as in `vib`; words are objects, so a board looks them up anew.
_UNITS_KEPT = 2048 if ROOMY else 64
_MEANINGS_KEPT = 2048 if ROOMY else 0
_kept_units = {}
_kept_meanings = {}

# Rows: base unit, factor to it, unit of the VIF, the meter's record error. A value in base units is
# the one in the VIF's unit times the factor: hours are 3600 s.
NO_UNIT = ("", 1, "", None)
_DURATION_ROWS = [row + (None,) for row in DURATIONS]


def _row_of(unit, power, step) -> "tuple":
    """Return the row of a VIF: `unit` and `power` from the table, `step` its place in the range."""
    if unit == _RATING:
        return "", _RATING_FACTOR, "", None
    for at in range(len(DURATIONS)):
        if DURATIONS[at][2] == power:
            return _DURATION_ROWS[at + step]
    return unit, 1, unit, None


def _read_table(table):
    """Return (rows of units, offsets) of `table`.

    The rows: 128, for each code its own; equal ones are the same object. The offsets: 256 bytes,
    where the line of each code begins, low byte first, FFFFh where there is none.
    """
    rows: "list[tuple]" = [NO_UNIT] * 128
    offsets = bytearray(b"\xff" * 256)
    start = 0
    for line in table.split("\n")[:-1]:
        first, power = int(line[:2], 16), line.split(" ", 3)[2]
        unit = line[line.find("|") + 1 :]
        for code in range(first, int(line[3:5], 16) + 1):
            row = _row_of(unit, power, code - first)
            if row not in rows:
                rows[code] = row
            rows[code] = rows[rows.index(row)]
            offsets[2 * code] = start & 0xFF
            offsets[2 * code + 1] = start >> 8
        start += len(line) + 1
    return rows, bytes(offsets)


PRIMARY_UNITS, _PRIMARY_LINES = _read_table(PRIMARY)
FD_UNITS, _FD_LINES = _read_table(FD)
FB_UNITS, _FB_LINES = _read_table(FB)
TWO_BYTE_UNITS = {0xFD: FD_UNITS, 0xFB: FB_UNITS}  # of a VIB whose second byte is its last
_FDFD_UNITS, _FDFD_LINES = _read_table(FDFD)


def _tables(table):
    """Return (rows of units, offsets) of a table as `vib.parts` names it; None has no codes."""
    if table is PRIMARY:
        return PRIMARY_UNITS, _PRIMARY_LINES
    if table is FD:
        return FD_UNITS, _FD_LINES
    if table is FB:
        return FB_UNITS, _FB_LINES
    return _FDFD_UNITS, _FDFD_LINES


def units(bytes_) -> "tuple":
    """Return the row of a VIB with extensions."""
    key = int.from_bytes(bytes_, "little")
    row = _kept_units.get(key)
    if row is None:
        row = _find_units(bytes_)
        if row[3] is None and len(bytes_) < 8:
            if len(_kept_units) >= _UNITS_KEPT:
                _kept_units.clear()
            _kept_units[key] = row
    return row


def _find_units(bytes_):
    table, code, vifes = vib.parts(bytes_)
    row = _tables(table)[0][code] if table else NO_UNIT
    for vife in vib.combinable(vifes):
        if vife > 127:
            continue
        if vib.turns(vife):
            row = NO_UNIT
        elif vib.lasts(vife):
            row = _DURATION_ROWS[vife & 3]
        if 0 < vife < 0x20:
            row = row[:3] + (_words(RECORD_ERRORS, vife) or row[3],)
    return row


def meaning(bytes_):
    """Return (quantity, modifiers) of a VIB: a text and a tuple of texts."""
    found = _kept_meanings.get(bytes_)
    if found is None:
        found = _find_meaning(bytes_)
        if len(_kept_meanings) < _MEANINGS_KEPT:
            _kept_meanings[bytes_] = found
    return found


def _find_meaning(bytes_):
    table, code, vifes = vib.parts(bytes_)
    if table:
        quantity = _quantity(table, code)
    else:
        quantity = vib.plain_text(bytes_)[0] if code == 0x7C else "Reserved"
    words = []
    for vife in vib.combinable(vifes):
        if vife > 127:
            words.append(_words(MORE_WORDS, vife & 127) or "reserved VIFE FC%02Xh" % (vife & 127))
        elif vife == 0x7F:
            words.append("manufacturer's VIFE")
        elif (0 < vife < 0x70 and not _words(RECORD_ERRORS, vife)) or vife == 0x7E:
            words.append(_words(WORDS, vife) or _limit(vife))
    return quantity, tuple(words)


def _quantity(table, code):
    """Return the quantity of `code` (0..127) in a table of `vif_tables`."""
    offsets = _tables(table)[1]
    start = offsets[2 * code] | offsets[2 * code + 1] << 8
    if start == 0xFFFF:
        return "Reserved"
    return table[start : table.find("|", start)].split(" ", 3)[3]


def _words(table, code):
    """Return the words of `code` in a table of words, None where it has none."""
    at = table.find("\n%02X " % code)
    return table[at + 4 : table.find("\n", at + 4)] if at >= 0 else None


def _limit(vife):
    """Return the words of the VIFEs whose bits say which limit, which time and which edge."""
    limit = "upper" if vife & 8 else "lower"
    which = "last" if vife & 4 else "first"
    edge = "end" if vife & 1 else "begin"
    if 0x42 <= vife <= 0x4F and vife & 2:
        return edge + " of " + which + " " + limit + " limit exceed"
    if 0x50 <= vife <= 0x5F:
        return "duration of " + which + " " + limit + " limit exceed"
    if 0x60 <= vife <= 0x67:
        return "duration of " + which
    if 0x6A <= vife <= 0x6F:
        return edge + " of " + which
    return "reserved VIFE %02Xh" % vife
