"""What a VIF and its VIFEs mean to people: unit, quantity, modifiers, the meter's record error.

The decoder needs none of it. Units are asked for with every value, so they have tables of bytes
like the decoder's; words are looked up in the text of `vif_tables` and `vife_words`.
"""

from shared.compat import ROOMY
from shared.mbus import vib
from shared.mbus.vif_tables import DURATIONS, FB, FD, PRIMARY
from shared.mbus.vife_words import MORE_WORDS, RECORD_ERRORS, WORDS

_RATING = "2^-12"  # unit of the rating factors: n x 2^-12 = n x 5^12 x 10^-12
_RATING_FACTOR = 244140625

_KEPT = 2048 if ROOMY else 24
_kept_units = {}
_kept_meanings = {}

# Rows: base unit, factor to it, unit of the VIF, the meter's record error. A value in base units is
# the one in the VIF's unit times the factor: hours are 3600 s.
NO_UNIT = ("", 1, "", None)


def _row_of(unit, power, step):
    """Return the row of a VIF: `unit` and `power` from the table, `step` its place in the range."""
    if unit == _RATING:
        return "", _RATING_FACTOR, "", None
    for at in range(len(DURATIONS)):
        if DURATIONS[at][2] == power:
            return DURATIONS[at + step] + (None,)
    return unit, 1, unit, None


def _read_units(table):
    """Return 128 rows, for each code of `table` its own; equal ones are the same object."""
    rows = [NO_UNIT] * 128
    for line in table.split("\n")[:-1]:
        _, _, power, words = line.split(" ", 3)
        first, unit = int(line[:2], 16), words.split("|")[1]
        for code in range(first, int(line[3:5], 16) + 1):
            row = _row_of(unit, power, code - first)
            if row not in rows:
                rows[code] = row
            rows[code] = rows[rows.index(row)]
    return rows


PRIMARY_UNITS = _read_units(PRIMARY)
FD_UNITS = _read_units(FD)
FB_UNITS = _read_units(FB)


def units(bytes_):
    """Return the row of a VIB with extensions."""
    row = _kept_units.get(bytes_)
    if row is None:
        if len(_kept_units) >= _KEPT:
            _kept_units.clear()
        row = _kept_units[bytes_] = _find_units(bytes_)
    return row


def _find_units(bytes_):
    table, code, vifes = vib.parts(bytes_)
    if table is PRIMARY:
        row = PRIMARY_UNITS[code]
    elif table is FD:
        row = FD_UNITS[code]
    elif table is FB:
        row = FB_UNITS[code]
    else:
        row = _line(table, code)[1]
    for vife in vib.combinable(vifes):
        if vife > 127:
            continue
        if vib.turns(vife):
            row = NO_UNIT
        elif vib.lasts(vife):
            row = DURATIONS[vife & 3] + (None,)
        if 0 < vife < 0x20:
            row = row[:3] + (_words(RECORD_ERRORS, vife) or row[3],)
    return row


def meaning(bytes_):
    """Return (quantity, modifiers) of a VIB: a text and a tuple of texts."""
    found = _kept_meanings.get(bytes_)
    if found is None:
        if len(_kept_meanings) >= _KEPT:
            _kept_meanings.clear()
        found = _kept_meanings[bytes_] = _find_meaning(bytes_)
    return found


def _find_meaning(bytes_):
    table, code, vifes = vib.parts(bytes_)
    plain = code == 0x7C and table is None
    quantity = vib.plain_text(bytes_)[0] if plain else _line(table, code)[0]
    words = []
    for vife in vib.combinable(vifes):
        if vife > 127:
            words.append(_words(MORE_WORDS, vife & 127) or "reserved VIFE FC%02Xh" % (vife & 127))
        elif vife == 0x7F:
            words.append("manufacturer's VIFE")
        elif (0 < vife < 0x70 and not _words(RECORD_ERRORS, vife)) or vife == 0x7E:
            words.append(_words(WORDS, vife) or _limit(vife))
    return quantity, tuple(words)


def _line(table, code):
    """Return (quantity, row of units) of `code` in a table; the table None has no codes."""
    for line in (table or "").split("\n")[:-1]:
        if int(line[:2], 16) <= code <= int(line[3:5], 16):
            _, _, power, words = line.split(" ", 3)
            quantity, unit = words.split("|")
            return quantity, _row_of(unit, power, code - int(line[:2], 16))
    return "Reserved", NO_UNIT


def _words(table, code):
    """Return the words of `code` in a table of words, None where it has none."""
    at = ("\n" + table).find("\n%02X " % code)
    return table[at + 3 : table.find("\n", at + 3)] if at >= 0 else None


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
