"""What every room asks a record: its quantity, unit, name, value, as text or exact number.

A reading is what one meter said at one time: the records of its telegrams (`mbus.telegram.decode`).
A record is the tuple that `mbus.records` describes; it is asked through these functions only, so
that the decoder may keep it small. Nothing here raises for a record that the decoder made.
"""

from shared import quantities
from shared import scaled as exact
from shared.mbus import dib, meanings, names, values
from shared.mbus.meanings import PRIMARY_UNITS, TWO_BYTE_UNITS
from shared.mbus.records import BROKEN, DATE, DIGITS, NONE, NUMBER, TEXT, TEXT_FORWARD, UNREAD
from shared.mbus.vib import text as text_of

_SPECIALS = {
    0x0F: "Manufacturer specific",
    0x1F: "Manufacturer specific",
    0x7F: "Global readout request",
}


def _meaning(record):
    """Return (quantity, modifiers) of `record`; of what has no VIF, what is known."""
    if record[5] == BROKEN:
        return "", ()
    dif = record[0][record[1]]
    if dif & 15 == 15:
        return _SPECIALS[dif], ()
    return meanings.meaning(vib_of(record))


def _units(record):
    """Return the row of units of `record` (`meanings.units`)."""
    frame, start, vif, data, _, _, _, _ = record
    if data - vif == 2:
        row = TWO_BYTE_UNITS.get(frame[vif])
        if row and frame[start] & 15 != 13:
            return row[frame[vif + 1]]
    if data - vif == 1:
        return PRIMARY_UNITS[frame[vif]]
    if data == vif:  # special functions, broken records
        return meanings.NO_UNIT
    if frame[start] & 15 == 13:
        data -= 1  # LVAR
    return meanings.units(frame[vif:data])


def vib_of(record):
    """Return the bytes of VIF and VIFEs, b"" where there are none."""
    frame, start, vif, data = record[:4]
    if frame[start] & 15 == 13 and data > vif:
        data -= 1
    return frame[vif:data]


def dib_of(record):
    """Return the bytes of DIF and DIFEs."""
    return record[0][record[1] : record[2]]


def function(record):
    """Return "instantaneous", "maximum", "minimum" or "error"; manufacturer data: the first."""
    return dib.FUNCTIONS[_function(record)]


def _function(record):
    return 0 if record[5] == BROKEN else dib.function(record[0][record[1]])


def numbers(record):
    """Return (storage, tariff, subunit)."""
    return (0, 0, 0) if record[5] == BROKEN else dib.numbers(record[0], record[1])


def storage(record):
    """Return the storage number: 0 is the present, others are the meter's own."""
    return numbers(record)[0]


def tariff(record):
    return numbers(record)[1]


def subunit(record):
    return numbers(record)[2]


def quantity(record):
    """Return the quantity's word ("Energy"), or the text of a plain-text VIF; "" if unknown."""
    return _meaning(record)[0]


def modifiers(record):
    """Return the words of the VIFEs that qualify the quantity, a tuple of texts."""
    return _meaning(record)[1]


def unit(record):
    """Return the base unit ("Wh", "m^3", "s"), "" without one."""
    vif = record[2]
    if record[3] - vif == 1:  # the short cut of `_units`: this is asked with every value
        return PRIMARY_UNITS[record[0][vif]][0]
    return _units(record)[0]


def name(record):
    """Return the name by the rule of `mbus.names` (manual 11.2)."""
    said = _meaning(record)
    at = numbers(record)
    return names.name(said[0], said[1], _function(record), at[1], at[0])


def scaled(record):
    """Return the value in base units as exact (mantissa, exponent), None if it is no number."""
    if record[5]:  # not NUMBER
        return None
    vif = record[2]
    if record[3] - vif == 1:  # as in `unit`
        return record[6] * PRIMARY_UNITS[record[0][vif]][1], record[7]
    row = _units(record)
    if row[3]:
        return None
    return record[6] * row[1], record[7]


def is_float(record):
    """Tell whether the meter sent a floating point number (REAL32, or a float in LVAR data)."""
    field = record[0][record[1]] & 15
    if record[5] != NUMBER:
        return False
    return field == 5 or (field == 13 and record[0][record[3] - 1] >= 0xF0)


def value_text(record):
    """Return the value as text: exact decimal in base units, text, ISO 8601, hex; None: no data.

    What cannot be read is its bytes in hex, and `error` says why.
    """
    form = record[5]
    if form == NUMBER:
        value = scaled(record)
        if value:
            return exact.text(value[0], value[1])
    elif form in (TEXT, TEXT_FORWARD):
        if _units(record)[3] is None:
            return text_of(record[0][record[3] : record[4]], form == TEXT)
    elif form == DIGITS:
        return record[6]
    elif form == NONE:
        return None
    elif form == DATE:
        shown = values.date(record[6], record[7])[0]
        if shown and _units(record)[3] is None:
            return shown
    return raw(record)


def error(record):
    """Return why the value cannot be read or must not be trusted (text), else None."""
    form = record[5]
    if form in (UNREAD, BROKEN):
        return record[6]
    if form == DIGITS:
        return "BCD with hex digits"
    reason = _units(record)[3]
    if reason is None and form == DATE:
        return values.date(record[6], record[7])[1]
    return reason


def summer_time(record):
    """Tell whether a date and time says that daylight saving time is on."""
    return record[5] == DATE and values.summer_time(record[6], record[7])


def raw(record):
    """Return the data bytes in hex, as on the wire, without LVAR."""
    return record[0][record[3] : record[4]].hex()


def csv_unit(record):
    """Return the unit of the Standard CSV: base units, times in the VIF's unit, "None" without."""
    if record[5] == DATE:
        return "UTC"
    return quantities.csv_unit(_units(record)[2])


def csv_value(record):
    """Return the value's text for the Standard CSV: times in the VIF's unit, floats to 6 digits."""
    if record[5] != NUMBER or error(record):
        return value_text(record) or ""
    value = record[6], record[7]
    if is_float(record):
        value = exact.significant(value, 6)
    return exact.text(value[0], value[1])
