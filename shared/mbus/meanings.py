"""What a VIF and its VIFEs mean in words: quantity, unit, modifiers, the meter's record error.

The decoder needs none of it; `shared.reading` asks when a person or a file wants names.
"""

from shared.compat import ROOMY
from shared.mbus import vib
from shared.mbus.vif_tables import DURATIONS
from shared.mbus.vife_words import MORE_WORDS, RECORD_ERRORS, WORDS

_RATING = "2^-12"  # unit of the rating factors: n x 2^-12 = n x 5^12 x 10^-12
_RATING_FACTOR = 244140625

_KEPT = 2048 if ROOMY else 24
_kept = {}


def meaning(bytes_):
    """Return (quantity, base unit, factor to it, unit of the VIF, modifiers, error) of a VIB.

    A value in base units is the value in the VIF's unit times the factor: hours are 3600 s. The
    modifiers are a tuple of texts, `error` the meter's record error or None.
    """
    found = _kept.get(bytes_)
    if found is None:
        if len(_kept) >= _KEPT:
            _kept.clear()
        found = _kept[bytes_] = _read(bytes_)
    return found


def _read(bytes_):
    table, code, vifes = vib.parts(bytes_)
    if code == 0x7C and table is None:
        quantity, unit, factor, vif_unit = vib.plain_text(bytes_)[0], "", 1, ""
    else:
        quantity, unit, factor, vif_unit = _row(table, code)
    words = []
    error = None
    extended = False
    for vife in vifes:
        vife &= 0x7F
        if extended:
            words.append(_words(MORE_WORDS, vife) or "reserved VIFE FC%02Xh" % vife)
            extended = False
        elif vife == 0x7C:
            extended = True
        elif vife == 0x7F:
            words.append("manufacturer's VIFE")
            break
        elif 0 < vife < 0x70 or vife == 0x7E:
            reason = _words(RECORD_ERRORS, vife)
            if reason:
                error = reason
                continue
            words.append(_words(WORDS, vife) or _limit(vife))
            if 0x50 <= vife < 0x68:
                unit, factor, vif_unit = DURATIONS[vife & 3]
            elif vib.turns(vife):
                unit, factor, vif_unit = "", 1, ""
    return quantity, unit, factor, vif_unit, tuple(words), error


def _row(table, code):
    """Return (quantity, base unit, factor, unit of the VIF) of `code` in a table."""
    for line in (table or "").split("\n")[:-1]:
        if int(line[:2], 16) <= code <= int(line[3:5], 16):
            _, _, power, words = line.split(" ", 3)
            quantity, unit = words.split("|")
            if unit == _RATING:
                return quantity, "", _RATING_FACTOR, ""
            for at in range(len(DURATIONS)):
                if DURATIONS[at][2] == power:
                    at += code - int(line[:2], 16)
                    return quantity, DURATIONS[at][0], DURATIONS[at][1], DURATIONS[at][2]
            return quantity, unit, 1, unit
    return "Reserved", "", 1, ""


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
