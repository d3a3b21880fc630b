"""Telegrams as differences to an earlier reading of the same meter: about a tenth of their size.

A reading is a list of parts, whole frames or texts. Told against a `reference` of the same shape
(as many parts, equally long, the same records in them), only the values that differ are written.
What a part holds is found by walking the reference, so both ends cut it alike; nothing is decoded
and any bytes come back as they went in. The checksum is made anew.

The text is hex digits, so that the small Pythons pack it, and read its numbers, in C. For each
part, value after value:

    b..f        1..5 values are as in the reference
    1..8        one differs, by a number of so many digits, which follow; 0 is not written
    9 and n     one differs, by a number of 9 + n digits
    0           the rest of the part is as in the reference

The number is the difference of the two as little-endian integers, the sign in its lowest bit. The
meter's own clock (type F or I, EN 13757-3) counts as unchanged when it has moved by as much time as
has passed. Values come in the order of the telegram; who the meter is comes last, as a reading of
one meter often resembles that of another of its kind.
"""

from shared.compat import const

_LONGEST = const(8)  # bytes of a value; longer ones are cut
_CLOCK = const(16)  # added to the length of a value that is the meter's clock

# Bytes of a value by the low four bits of its DIF, EN 13757-3:2018 Table 4.
_SIZES = b"\x00\x01\x02\x03\x04\x04\x06\x08\x00\x01\x02\x03\x04\x00\x06\x00"

# Type F and type I: where minutes (type I: seconds first) and so on stand, their mask, their radix.
_PLACES_F = ((0, 63, 60), (8, 31, 24), (16, 31, 32), (24, 15, 16))
_PLACES_I = ((0, 63, 60), (8, 63, 60), (16, 31, 24), (24, 31, 32), (32, 15, 16))


def number(value):
    """Return `value`, 0 <= value < 2**60, as text: how many digits (one digit), and these."""
    digits = "%x" % value
    return "%x%s" % (len(digits), digits)


def read_number(text, position):
    """Return the number at `position` of `text`, and the position behind it."""
    end = position + 1 + int(text[position], 16)
    return int(text[position + 1 : end], 16), end


def difference(parts, reference, passed_s):
    """Return `parts` told against `reference`, as text; None when their shapes differ.

    passed_s: seconds between the two readings, 0.. ; 0 when it is not known.
    """
    if len(parts) != len(reference):
        return None
    told = []
    for part, before in zip(parts, reference):
        if len(part) != len(before):
            return None
        places = _places(before)
        if not _same_frame(part, before, places):
            return None
        same = 0
        for place in places:
            start = place >> 8
            length = place & 15
            old = int.from_bytes(before[start : start + length], "little")
            if place & _CLOCK:
                old = _moved(old, length, passed_s)
            change = int.from_bytes(part[start : start + length], "little") - old
            if change == 0:
                same += 1
                continue
            while same:
                told.append("0bcdef"[min(same, 5)])
                same -= min(same, 5)
            told.append(_change(change, length))
        told.append("0")
    return "".join(told)


def restore(text, position, reference, passed_s):
    """Return the parts told at `position` of `text`, a list of bytes, and the position behind them.

    `reference` and `passed_s` as they were given to `difference`.
    """
    parts = []
    for before in reference:
        part, position = _restore_part(text, position, before, passed_s)
        parts.append(part)
    return parts, position


def _restore_part(text, position, before, passed_s):
    part = bytearray(before)
    rest = False
    same = 0
    for place in _places(before):
        start = place >> 8
        length = place & 15
        if not rest and not same:
            digits = int(text[position], 16)
            position += 1
            if digits > 10:
                same = digits - 10
            elif digits == 0:
                rest = True
        if place & _CLOCK:
            value = int.from_bytes(part[start : start + length], "little")
            value = _moved(value, length, passed_s)
            part[start : start + length] = value.to_bytes(length, "little")
        if rest:
            continue
        if same:
            same -= 1
            continue
        if digits == 9:
            digits = 9 + int(text[position], 16)
            position += 1
        change = int(text[position : position + digits], 16)
        position += digits
        change = -(change >> 1) if change & 1 else change >> 1
        value = int.from_bytes(part[start : start + length], "little") + change
        value &= (1 << 8 * length) - 1
        part[start : start + length] = value.to_bytes(length, "little")
    if not rest:
        position += 1
    if _is_frame(before):
        part[-2] = sum(part[4:-2]) & 255
    return bytes(part), position


def _change(change, length):
    """Return the token and the digits of a value's change; `length` is its bytes."""
    half = 1 << (8 * length - 1)
    change = ((change + half) & (2 * half - 1)) - half
    digits = "%x" % (change << 1 if change > 0 else -change << 1 | 1)
    count = len(digits)
    if count > 8:
        return "9%x%s" % (count - 9, digits)
    return "%d%s" % (count, digits)


def _moved(value, length, passed_s):
    """Return the clock `value` (type F when `length` is 4, else type I) moved by `passed_s`.

    Months have 31 days here: once a month the prediction fails, and costs a few digits.
    """
    carry = (passed_s + 30) // 60 if length == 4 else passed_s
    for shift, mask, radix in _PLACES_F if length == 4 else _PLACES_I:
        if not carry:
            break
        part = (value >> shift & mask) + carry
        value = value & ~(mask << shift) | part % radix << shift
        carry = part // radix
    return value


def _is_frame(part):
    """Tell whether `part` is a long frame (68 L L 68 ... 16) with a right checksum."""
    size = len(part)
    return (
        size > 8
        and part[0] == part[3] == 0x68
        and part[1] + 6 == size
        and part[-2] == sum(part[4:-2]) & 255
        and part[-1] == 0x16
    )


def _same_frame(part, before, places):
    """Tell whether `part` has outside of its values what `before` has, and the right checksum."""
    if not _is_frame(before):
        return True  # then every byte is in a value
    if not _is_frame(part):
        return False
    end = 0
    for place in sorted(places):
        start = place >> 8
        if part[end:start] != before[end:start]:
            return False
        end = start + (place & 15)
    return part[end:-2] == before[end:-2]


def _places(part):
    """Return where the values of `part` stand: each its first byte * 256 + its length.

    A frame of the variable structure is cut at its records, other bytes into pieces of four.
    """
    places = []
    if not _is_frame(part):
        _cut(places, 0, len(part), 4)
        return places
    end = len(part) - 2
    first = 7
    if part[6] in (0x72, 0x76) and end >= 19:
        # Access number, status and signature; then the records.
        first = _records(part, end, places)
    _cut(places, first, end, 4)
    if part[6] in (0x72, 0x76) and end >= 19:
        places.append(7 << 8 | 4)  # the number of the meter, and its primary address
    places.append(5 << 8 | 1)
    return places


def _records(part, end, places):
    """Add the values of a frame with the long header; return where the records end."""
    places.append(15 << 8 | 1)
    places.append(16 << 8 | 1)
    places.append(17 << 8 | 2)
    position = 19
    while position < end:
        start = position
        dif = part[position]
        position += 1
        if dif & 15 == 15:
            if dif == 0x2F:
                continue  # a filler
            return position
        more = dif
        while more & 128 and position < end:  # DIFE
            more = part[position]
            position += 1
        if position >= end:
            return start
        vif = more = part[position]
        position += 1
        if more & 127 == 0x7C:
            position += 1 + part[position]
        while more & 128 and position < end:  # VIFE
            more = part[position]
            position += 1
        size = _SIZES[dif & 15]
        if dif & 15 == 13 and position < end:
            size = part[position] if part[position] < 0xC0 else part[position] & 15
            position += 1
        if position + size > end:
            return start
        if vif == 0x6D and dif in (4, 6):
            places.append(position << 8 | size | _CLOCK)
        else:
            _cut(places, position, position + size, _LONGEST)
        position += size
    return end


def _cut(places, start, end, length):
    """Add the bytes from `start` to `end` as values of at most `length` bytes."""
    while start < end:
        places.append(start << 8 | min(length, end - start))
        start += length
