"""What a meter's telegram says, for the board's own page: decoded on demand, then forgotten.

Only present values with a plain VIF (EN 13757-3:2018 Tables 10, 12 and 14) are shown, the few a
person at the cabinet looks for: so the words for all others stay out of memory. Meters' texts are
hostile; they leave here as text, and the page shows them as text.
"""

from shared import scaled
from shared.compat import const
from shared.mbus import dib, telegram, vif_tables
from shared.mbus.records import NUMBER

_MOST_VALUES = const(6)
_LONGEST = const(60)  # characters


def describe(frame):
    """Return (meter, medium, values) of `frame` (bytes, b"" for none).

    meter: maker and number, or what is wrong; medium: its code or None; values: [quantity, value,
    unit] texts. Nothing is raised.
    """
    if not frame:
        return "", None, []
    try:
        decoded = telegram.decode(frame)
        maker = "%s %s" % (decoded.manufacturer or "", decoded.id or "")
        return maker.strip(), decoded.medium, _values(decoded.records)
    except Exception as error:  # a decoder that trips over a meter must not cost the page
        return str(error)[:_LONGEST], None, []


def _values(records):
    found = []
    for record in records:
        frame, start, vif, data, _, form, value, exponent = record
        if form != NUMBER or dib.function(frame[start]) or dib.numbers(frame, start) != (0, 0, 0):
            continue
        meaning = _meaning(frame[vif:data])
        if meaning:
            text = scaled.text(value, exponent)[:_LONGEST]
            found.append([meaning[0], text, meaning[1]])
            if len(found) == _MOST_VALUES:
                break
    return found


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
