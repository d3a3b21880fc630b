"""What the gist of a telegram says, for the board's own page: decoded on demand, then forgotten.

`gist` has chosen the records. Here those with a unit become texts (EN 13757-3:2018 Tables 10, 12
and 14), named in the language of whoever looks. Meters' texts are hostile; they leave here
as text, and the page shows them as text.
"""

from firmware.web.gist import frame_of
from firmware.web.quantity_words import word
from shared import scaled
from shared.compat import const
from shared.mbus import dib, telegram, vif_tables
from shared.mbus.records import NUMBER

_LONGEST = const(60)  # characters
_FIXED = (0x73, 0x77)
_NO_UNITS = ("Units for H.C.A.", "currency units")
_REAL = const(5)  # DIF of a REAL32, which has no more than so many digits to tell
_REAL_DIGITS = const(7)


def describe(gist, language="en"):
    """Return (meter, medium, values) of `gist` (bytes, b"" for none).

    meter: maker and number, or what is wrong; medium: its code or None; values: [name, value, unit]
    texts; a name ends with tariff ("T1") and channel ("#1") where there are such.
    Nothing is raised.
    """
    if not gist:
        return "", None, []
    try:
        decoded = telegram.decode(frame_of(gist))
        maker = "%s %s" % (decoded.manufacturer or "", decoded.id or "")
        return maker.strip(), decoded.medium, _values(decoded, language)
    except Exception as error:  # a decoder that trips over a meter must not cost the page
        return str(error)[:_LONGEST], None, []


def _values(decoded, language):
    found = []
    for number, record in enumerate(decoded.records):
        frame, start, vif, data, _, form, value, exponent = record
        storage, tariff, channel = dib.numbers(frame, start)
        if form != NUMBER or dib.function(frame[start]) or storage:
            continue
        meaning = _meaning(frame[vif:data])
        if not meaning:
            continue
        name = word(meaning[0], language)
        if decoded.ci in _FIXED:
            channel = number + 1  # of two counters without any other name
        if tariff:
            name += " T%d" % tariff
        if channel:
            name += " #%d" % channel
        exact = (value, exponent)
        if frame[start] & 0x0F == _REAL:
            exact = scaled.significant(exact, _REAL_DIGITS)
        found.append([name, scaled.text(*exact)[:_LONGEST], _shown(meaning[1])])
    return found


def _shown(unit):
    """Return `unit` as people write it; that of counters without a real one is their name."""
    return "" if unit in _NO_UNITS else unit.replace("^3", "³")


def _meaning(vib):
    """Return (quantity, unit) of a plain VIF, None for one with extensions or without a unit.

    A unit in plain text (EN 13757-3:2018 C.2) comes last character first; it has no quantity.
    """
    if len(vib) > 2 and vib[0] == 0x7C and len(vib) == 2 + vib[1]:
        return "", "".join([chr(vib[i]) for i in range(len(vib) - 1, 1, -1)])[:_LONGEST]
    table, code = vif_tables.PRIMARY, vib[0] if vib else 0x7F
    if code in (0xFD, 0xFB) and len(vib) == 2:
        table, code = vif_tables.FD if code == 0xFD else vif_tables.FB, vib[1]
    elif len(vib) != 1:
        return None
    for row in table.split("\n"):
        if row and int(row[:2], 16) <= code <= int(row[3:5], 16):
            power, _, words = row[8:].partition(" ")
            quantity, _, unit = words.partition("|")
            return (quantity, unit) if unit and power[-1] <= "9" else None
    return None
