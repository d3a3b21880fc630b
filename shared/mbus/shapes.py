"""A meter says the same things in the same places every time: its telegrams' shapes, remembered.

Where memory is plenty (`compat.ROOMY`) the second telegram of a meter leaves its shape here: where
each record lies and what its DIF, VIF and so on are. Every later one whose bytes between the data
are the same is taken apart by one `struct.unpack`; else, or when a value is not what it was (a sign
or hex digits in BCD, no number), it is read as any other. The result is the same, sooner.
"""

import struct

from shared.mbus import dib, values, vib
from shared.mbus.records import DATE, NONE, NUMBER, RAW, TEXT, read

_KEPT = 1024
_UNSEEN = ()
_shapes = {}  # identity -> None when seen once, False when it has no shape, else the shape

# What is done with a field: as it is, BCD, REAL32, an integer of 3 or 6 bytes, nothing.
_PLAIN, _BCD, _REAL, _ODD, _NOTHING = range(5)
_SIGNED = {1: "b", 2: "h", 4: "i", 8: "q"}


def read_known(frame, pos, end):
    """Return the records of `frame[pos:end]` as `records.read` does, least significant first."""
    key = frame[1:2] + frame[7:15]  # length, identification, maker, version, medium
    shape = _shapes.get(key, _UNSEEN)
    if shape:
        heads, unpack, slots = shape
        fields = unpack(frame, pos)
        if fields[::2] == heads:
            found = _fill(frame, slots, fields[1::2])
            if found is not None:
                return found
        return read(frame, pos, end)
    found = read(frame, pos, end)
    if shape is None:
        _shapes[key] = _shape_of(found, pos, end)
    elif shape is _UNSEEN:
        if len(_shapes) >= _KEPT:
            _shapes.clear()
        _shapes[key] = None
    return found


def _fill(frame, slots, fields):
    """Return the records of `slots` with `fields` as their data, None where one does not fit."""
    found = []
    append = found.append
    try:
        for (what, start, vif, data, stop, form, power), value in zip(slots, fields):
            if what == _PLAIN:
                append((frame, start, vif, data, stop, form, value, power))
            elif what == _BCD:
                append((frame, start, vif, data, stop, 0, int(value[::-1].hex()), power))
            elif what == _NOTHING:
                append((frame, start, vif, data, stop, form, None, power))
            elif what == _ODD:
                value = int.from_bytes(value, "little", signed=form == NUMBER)
                append((frame, start, vif, data, stop, form, value, power))
            else:
                value, exponent, reason = values.real(value)
                if reason:
                    return None
                append((frame, start, vif, data, stop, 0, value, exponent + power))
    except ValueError:
        return None
    return found


def _shape_of(found, pos, end):
    """Return (heads, unpack, slots) of records, False where one is not of the plain kinds."""
    layout, heads, slots = "<", [], []
    for record in found:
        frame, start, vif, data, stop, form, _, power = record
        size = stop - data
        coding = dib.CODINGS[frame[start]]
        what, field = _NOTHING, "%ds" % size
        if form == NUMBER:
            whole = frame[vif:data]
            _, scale, addend = vib.amount(whole)
            if addend or coding == dib.LVAR:
                return False
            if coding == dib.REAL:
                what, field, power = _REAL, "I", scale
            elif coding >= dib.BCD:
                what = _BCD
            elif size not in _SIGNED:
                if not vib.is_signed(frame, vif, data):
                    return False
                what = _ODD
            else:
                what, field = _PLAIN, _SIGNED[size]
                if not vib.is_signed(frame, vif, data):
                    field = field.upper()
        elif form == DATE:
            what, field = (_PLAIN, _SIGNED[size].upper()) if size in _SIGNED else (_ODD, field)
            if coding > 8:
                return False
        elif form not in (TEXT, RAW, NONE):
            return False
        layout += "%ds%s" % (data - pos, field)
        heads.append(frame[pos:data])
        slots.append((what, start, vif, data, stop, form, power))
        pos = stop
    if not found or pos != end:
        return False
    return tuple(heads), struct.Struct(layout).unpack_from, tuple(slots)


def forget():
    """Forget every shape (for tests)."""
    _shapes.clear()
