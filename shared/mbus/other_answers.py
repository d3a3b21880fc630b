"""The answers without DIF and VIF: fixed data structure (CI 73h), alarm (71h), error (70h).

The values of the first two become records that stand in bytes of our own making, with the DIF and
VIF that say the same, so that everything behind the decoder knows one kind of record.

Source: EN 1434-3:1997 6.6.2 for the fixed structure, which is no longer in EN 13757-3:2018 but
still on the bus.
"""

from shared.errors import DecodeError
from shared.mbus import records
from shared.mbus.application_errors import error_code, error_text

_FIRST_COUNTER = 15  # where the two counters stand in the frame

# Rows of the unit table: first code, VIF whose unit is that of the first code. The next codes are
# each ten times more.
_UNITS = (
    (0x02, 0x03, 0x07),  # Wh: VIF, last VIF of its row
    (0x0B, 0x0B, 0x0F),  # kJ
    (0x14, 0x2B, 0x2F),  # W
    (0x1D, 0x33, 0x37),  # kJ/h
    (0x26, 0x10, 0x17),  # ml
    (0x2F, 0x38, 0x3F),  # ml/h
    (0x38, 0x64, 0x64),  # 10^-3 degrees C
    (0x39, 0x6E, 0x6E),  # units for heat cost allocators
)
_NO_UNIT = b"\xfd\x3a"
_TEXTS = {0x00: b"\x7c\x05s,m,h", 0x01: b"\x7c\x05Y,M,D"}
_SAME_BUT_HISTORIC = 0x3E
_WITHOUT_UNITS = 0x3F

# Medium codes of the fixed structure -> those of the variable one; 10-14 are 3, 4, 6, 7, 8 with
# counters of another kind ("mode 2").
_MEDIA = b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0f\x03\x04\x06\x07\x08\x0f"


def medium(frame, big):
    """Return the medium code (as in the variable structure) of the fixed structure in `frame`."""
    first, second = frame[13], frame[14]
    if big:
        first, second = second, first
    return _MEDIA[first >> 6 | second >> 4 & 0x0C]


def read(frame, ci):
    """Return (bytes of header, records, trouble or None) of the answer in `frame` (checked).

    Raises DecodeError when `ci` is none that carries meter data.
    """
    if ci & 0xFB == 0x73:
        if len(frame) < 25:
            return 0, [], "premature end: %d bytes of a fixed structure of 16" % (len(frame) - 9)
        return 8, _counters(frame, ci & 4), None
    if ci == 0x70:
        return 0, [], error_text(error_code(frame))
    if ci == 0x71:
        return 0, _alarm(frame), None
    raise DecodeError("no meter data in CI %02Xh: %s" % (ci, frame[:16].hex()))


def _counters(frame, big):
    """Return the two counters of the fixed structure in `frame` as records.

    `big`: most significant byte first (CI 77h). Status bit 0 says binary or BCD, bit 1 that the
    counters are those of a fixed date: these get storage number 1.
    """
    status = frame[12]
    dif = (0x04 if status & 1 else 0x0C) | (0x40 if status & 2 else 0)
    units = (frame[14] & 0x3F, frame[13] & 0x3F) if big else (frame[13] & 0x3F, frame[14] & 0x3F)
    made = b""
    for number in (0, 1):
        unit = units[number]
        historic = number == 1 and unit == _SAME_BUT_HISTORIC
        if historic:
            unit = units[0]
        at = _FIRST_COUNTER + 4 * number
        counter = frame[at : at + 4]
        if big:
            counter = bytes(reversed(counter))
        made += bytes((dif | 0x40 if historic else dif,)) + _vib(unit) + counter
    return records.read(made + b"\x00\x16", 0, len(made))


def _vib(unit):
    """Return the VIF and VIFEs that mean the `unit` (0-63) of the fixed structure."""
    if unit in _TEXTS:
        return _TEXTS[unit]
    if unit == _WITHOUT_UNITS:
        return _NO_UNIT
    if unit > 0x39:
        return b"\x7c\x08" + bytes(reversed(b"reserved"))
    row = [row for row in _UNITS if row[0] <= unit][-1]
    vif = row[1] + unit - row[0]
    if vif <= row[2]:
        return bytes((vif,))
    # The variable table ends earlier: go on with the factors 10^3 (7Dh) and 10 (77h).
    spare = vif - row[2]
    factors = b"\x7d" * (spare // 3) + b"\x77" * (spare % 3)
    return bytes([byte | 0x80 for byte in bytes((row[2],)) + factors[:-1]]) + factors[-1:]


def _alarm(frame):
    """Return the alarm bytes of CI 71h as records, one a byte: their bits are the meter's own."""
    made = b""
    for byte in frame[7:-2]:
        made += b"\x01\xfd\x17" + bytes((byte,))
    return records.read(made + b"\x00\x16", 0, len(made))
