"""The decoder's loop: from the bytes of a telegram to records, values included.

A record is a plain tuple (frame, start, vif, data, end, form, value, exponent): `frame` the bytes
it stands in, then where its DIF, VIF and data begin and where it ends; `form` says what `value` is:

    NUMBER    value x 10**exponent, in the VIF's unit (a duration not yet in seconds)
    TEXT      None: text, its last character first on the wire; TEXT_FORWARD: its first
    RAW       None: bytes without further meaning
    NONE      None: no data
    DATE      the date's bits, read by `values.date`
    DIGITS    BCD with hex digits, as text; no number
    UNREAD    why this value cannot be read; the rest of the telegram is not affected
    BROKEN    the same, where the telegram breaks EN 13757-3 or what follows cannot be told apart

Names, units and text are made from it by `shared.reading` when somebody asks. The loop takes plain
numbers, texts and dates itself, by tables of bytes and the VIBs it has met; everything else is
`_record`'s. Its forms are written as numbers: a board looks globals up by name.
"""

from shared.compat import const
from shared.mbus import dib, values, vib
from shared.mbus.vif_tables import BYTES, UNSIGNED
from shared.mbus.vif_tables import DATE as DATE_VIF

NUMBER = const(0)
TEXT = const(1)
RAW = const(2)
NONE = const(3)
DATE = const(4)
DIGITS = const(5)
UNREAD = const(6)
BROKEN = const(7)
TEXT_FORWARD = const(8)

_NO_SHORT_CUT = b"\xff" * 256


def read(frame, pos, end, little=True):
    """Return the records in `frame[pos:end]`, a list of tuples. Never raises.

    `frame` (bytes) must go on for two bytes after `end`, the last of them below 80h, as checksum
    and stop do: so a chain of extensions ends by itself. `little` is False for the modes that send
    the most significant byte first (CI 76h, 77h).
    """
    records = []
    append = records.append
    codings = dib.CODINGS
    pairs = dib.PAIRS
    scales = vib.SCALES if little else _NO_SHORT_CUT
    fd, fb, known = vib.FD_SCALES, vib.FB_SCALES, vib.known
    from_bytes = int.from_bytes
    while pos < end:
        start = pos
        byte = frame[pos]
        coding = codings[byte]
        pos += 1
        if coding < 34:
            if byte > 127:
                while byte > 127:
                    byte = frame[pos]
                    pos += 1
                if pos - start > 11 or pos >= end:  # more than 10 DIFEs, or cut off
                    pos = _record(append, frame, start, end, little)
                    continue
            scale = scales[frame[pos]]
            data = pos + 1
            if scale > 250:
                byte = frame[data]
                if scale < 253 and byte < 128:
                    scale = fd[byte] if scale == 251 else fb[byte]
                    data += 1
                elif scale < 255:
                    if scale == 253:
                        data += byte
                    else:
                        while byte > 127:
                            data += 1
                            byte = frame[data]
                    data += 1
                    part = frame[pos:data]
                    scale = known.get(from_bytes(part, "little")) or vib.scale(part)
            if scale < 200:
                if coding < 9:
                    stop = data + coding
                    if stop <= end and coding:
                        value = from_bytes(frame[data:stop], "little")
                        if frame[stop - 1] > 127 and vib.is_signed(frame, pos, data):
                            value -= 1 << (coding << 3)
                        append((frame, start, pos, data, stop, 0, value, scale - 100))
                        pos = stop
                        continue
                elif coding < 32:
                    at = coding - 16
                    stop = data + at
                    if stop <= end:
                        value = 0
                        part = frame[data:stop]
                        while at:
                            at -= 1
                            byte = pairs[part[at]]
                            if byte > 99:  # a sign or hex digits
                                break
                            value = value * 100 + byte
                        else:
                            append((frame, start, pos, data, stop, 0, value, scale - 100))
                            pos = stop
                            continue
                elif coding == 33:
                    byte = frame[data] if data < end else 255
                    data += 1
                    stop = data + byte
                    if byte < 0xC0 and stop <= end:
                        append((frame, start, pos, data, stop, 1, None, 0))
                        pos = stop
                        continue
                else:
                    stop = data + 4
                    if stop <= end:
                        value, power, _ = values.real(from_bytes(frame[data:stop], "little"))
                        if power is not None:
                            append((frame, start, pos, data, stop, 0, value, power + scale - 100))
                            pos = stop
                            continue
            elif scale == 250 and 1 < coding < 7:
                stop = data + coding
                if stop <= end:
                    value = from_bytes(frame[data:stop], "little")
                    append((frame, start, pos, data, stop, 4, value, coding))
                    pos = stop
                    continue
            pos = _record(append, frame, start, end, little)
        elif byte == 0x0F or byte == 0x1F:  # the manufacturer's, to the end
            append((frame, start, pos, pos, end, 2, None, 0))
            break
        elif byte != 0x2F:  # 2Fh fills up
            pos = _special(append, frame, start, end)
    return records


def _record(append, frame, start, end, little):
    """Append the record at `start`, not of a DIF xFh; return where the next one begins."""
    coding = dib.CODINGS[frame[start]]
    pos = start
    while frame[pos] & 0x80:
        pos += 1
    pos += 1
    at = vif = pos
    if vif >= end:
        return _broken(append, frame, start, end, "premature end: no VIF")
    if frame[vif] & 0x7F == 0x7C:
        at = vib.plain_text_end(frame, vif, end)
    else:
        while frame[at] & 0x80:
            at += 1
        at += 1
    if at > end:
        return _broken(append, frame, start, end, "premature end in the VIF")
    kind, power, addend = vib.amount(frame[vif:at])
    stop = data = at
    if coding == dib.LVAR:
        if data >= end:
            return _broken(append, frame, start, end, "premature end: no LVAR")
        size = _lvar_size(frame[data])
        if size < 0:
            return _broken(append, frame, start, end, "LVAR %02Xh is reserved" % frame[data])
        data += 1
        if frame[at] == 0xF4 and data + 32 > end:
            size = 4
    elif coding == dib.REAL:
        size = 4
    else:
        size = coding & 15
    stop = data + size
    if stop > end:
        reason = "premature end of data: %d bytes of %d" % (end - data, size)
        return _broken(append, frame, start, end, reason)
    if pos - start - 1 > dib.MOST_EXTENSIONS:
        return _broken(append, frame, start, stop, "more than 10 DIFEs")
    if at - vif - 1 > dib.MOST_EXTENSIONS and frame[vif] & 0x7F != 0x7C:
        return _broken(append, frame, start, stop, "more than 10 VIFEs")
    form, value, exponent = _value(frame, coding, data, stop, kind, little)
    if form == NUMBER:
        exponent += power
        if addend:
            from shared import scaled

            value, exponent = scaled.add((value, exponent), addend)
    append((frame, start, vif, data, stop, form, value, exponent))
    return stop


def _broken(append, frame, start, stop, reason):
    append((frame, start, start, start, stop, BROKEN, reason, 0))
    return stop


def _special(append, frame, start, end):
    """Append the record of another DIF xFh (Table 6) and return where the next one begins."""
    pos = start + 1
    if frame[start] == dib.GLOBAL_READOUT:
        append((frame, start, pos, pos, pos, NONE, None, 0))
        return pos
    return _broken(append, frame, start, end, "DIF %02Xh is reserved" % frame[start])


def _lvar_size(lvar):
    """Return the bytes that follow LVAR (Table 5), -1 where it is reserved.

    F8h is a float of 8 bytes, as it was before 2018; F4h has its new meaning, 32 bytes, where they
    are there, else it is the old float of 4.
    """
    if lvar < 0xC0:
        return lvar
    if lvar < 0xF0:
        size = lvar & 15
        return size if lvar >= 0xE0 or size < 10 else -1
    if lvar <= 0xF4:
        return 4 * (lvar - 0xEC)
    return {0xF5: 48, 0xF6: 64, 0xF8: 8}.get(lvar, -1)


def _value(frame, coding, data, stop, kind, little) -> "tuple":
    """Return (form, value, exponent) of the data in `frame[data:stop]`."""
    size = stop - data
    if coding == dib.LVAR:
        return _variable(frame, data, stop, kind, little)
    if size == 0:
        return NONE, None, 0
    bits = int.from_bytes(frame[data:stop], "little" if little else "big")
    if kind == DATE_VIF:
        if coding == dib.BCD + 6 and little:
            return _bcd_date(bits)
        if coding > 8:
            return UNREAD, "no date is coded so", 0
        return DATE, bits, size
    if coding == dib.REAL:
        return _real(bits, 4)
    if coding >= dib.BCD:
        return _bcd(bits, size)
    if kind != UNSIGNED and bits >> (8 * size - 1):
        bits -= 1 << 8 * size
    return NUMBER, bits, 0


def _bcd_date(bits):
    """Return the record's (form, value, exponent) of a date of 12 BCD digits, as type I.

    ABB's meters send second, minute, hour, day, month and year (manual A43, 10.5.25); EN 13757-3
    has no date in BCD, and no other meaning for these digits.
    """
    number, _ = values.bcd(bits, 6)
    if number is None or number < 0:
        return UNREAD, "no date: BCD %012X" % bits, 0
    parts = [number // 100**at % 100 for at in range(6)]
    if parts[0] > 59 or parts[1] > 59 or parts[2] > 23 or parts[4] > 12 or parts[3] > 31:
        return UNREAD, "no date: BCD %012X" % bits, 0
    second, minute, hour, day, month, year = parts
    day |= (year & 7) << 5
    month |= year >> 3 << 4
    return DATE, second | minute << 8 | hour << 16 | day << 24 | month << 32, 6


def _real(bits, size):
    value, exponent, reason = values.real(bits, size)
    if reason:
        return UNREAD, reason, 0
    return NUMBER, value, exponent


def _bcd(bits, size):
    value, reason = values.bcd(bits, size)
    if reason:
        digits = "%X" % bits
        return DIGITS, "0" * (2 * size - len(digits)) + digits, 0
    return NUMBER, value, 0


def _variable(frame, data, stop, kind, little):
    """Return (form, value, exponent) of LVAR data; LVAR itself stands before `data`."""
    lvar = frame[data - 1]
    size = stop - data
    if lvar < 0xC0:
        return TEXT if little else TEXT_FORWARD, None, 0
    if size == 0:
        return NONE, None, 0
    bits = int.from_bytes(frame[data:stop], "little" if little else "big")
    if lvar < 0xE0:
        value, _ = values.bcd(bits, size + 1)  # no sign nibble here: LVAR is the sign
        if value is None:
            return _bcd(bits, size + 1)
        return NUMBER, -value if lvar >= 0xD0 else value, 0
    if kind == DATE_VIF:
        # Type M counts in UTC with an offset: read as F or I it would be another time.
        return UNREAD, "date and time of type M", 0
    if kind in (BYTES, UNSIGNED) or (0xF0 <= lvar <= 0xF6 and size > 4):
        return RAW, None, 0
    if lvar < 0xF0:
        if bits >> (8 * size - 1):
            bits -= 1 << 8 * size
        return NUMBER, bits, 0
    return _real(bits, size)
