"""Writes meter telegrams: the mirror image of the decoder, for the plant and for the tests.

It builds data records and the bytes that follow CI 72h or 73h; `frames.long_frame` puts them on
the line. Values go in exact (integers, text, date tuples, or mantissa and exponent for REAL32) and
what does not fit its coding is refused with `Misuse`, never clipped.

Source: EN 13757-3:2018, clause 6 (records) and annex A (data types).
"""

from shared.errors import Misuse

# coding -> (data field of the DIF, bytes of data; 0 where the value decides)
_CODINGS = {
    "none": (0, 0),
    "int8": (1, 1),
    "int16": (2, 2),
    "int24": (3, 3),
    "int32": (4, 4),
    "int48": (6, 6),
    "int64": (7, 8),
    "real32": (5, 4),
    "bcd2": (9, 1),
    "bcd4": (10, 2),
    "bcd6": (11, 3),
    "bcd8": (12, 4),
    "bcd12": (14, 6),
    "text": (13, 0),
    "bcd_lvar": (13, 0),
    "binary": (13, 0),
    "F": (4, 4),
    "G": (2, 2),
    "I": (6, 6),
    "J": (3, 3),
    "M": (13, 0),
}
# The years that the dates of a type can tell apart.
_YEARS = {"F": (1981, 2299), "G": (1981, 2080), "I": (2000, 2099)}


def record(coding, vif, value, function=0, storage=0, tariff=0, subunit=0):
    """Return one data record: DIF, DIFEs, VIF, VIFEs and data.

    `coding` is a key of the table above; `vif` the bytes of VIF and VIFEs (plain text included),
    put as they are. `value` is an int; for "real32" (mantissa, exponent10); for "text" a str of
    latin-1 characters or bytes; for "binary" bytes, as on the wire; for dates a tuple (year,
    month, day, hour, minute, second) as long as the type needs, "J" (hour, minute, second), or
    raw bytes; None for "none". `function` 0-3 (instantaneous, maximum, minimum, error),
    `storage` 0..2**41-1, `tariff` 0..2**20-1, `subunit` 0..2**10-1.
    Raises Misuse for whatever does not fit.
    """
    if coding not in _CODINGS:
        raise Misuse("no such coding: " + str(coding))
    field, size = _CODINGS[coding]
    return _dib(field, function, storage, tariff, subunit) + bytes(vif) + _data(coding, value, size)


def _dib(field, function, storage, tariff, subunit):
    if not 0 <= function <= 3:
        raise Misuse("function %d is not 0-3" % function)
    if not (0 <= storage < 1 << 41 and 0 <= tariff < 1 << 20 and 0 <= subunit < 1 << 10):
        raise Misuse("storage %d, tariff %d, subunit %d" % (storage, tariff, subunit))
    dib = bytearray((field | function << 4 | (storage & 1) << 6,))
    storage >>= 1
    while storage or tariff or subunit:
        dib[-1] |= 0x80
        dib.append(storage & 15 | (tariff & 3) << 4 | (subunit & 1) << 6)
        storage >>= 4
        tariff >>= 2
        subunit >>= 1
    return bytes(dib)


def _data(coding, value, size):
    if coding == "none":
        return b""
    if coding[:3] == "int":
        return integer(value, size)
    if coding == "real32":
        return integer(_real32_bits(value[0], value[1]), 4, signed=False)
    if coding == "bcd_lvar":
        digits = str(abs(value))
        size = (len(digits) + 1) // 2
        if size > 9:
            raise Misuse("more than 18 digits: " + digits)
        return bytes(((0xD0 if value < 0 else 0xC0) + size,)) + bcd(abs(value), size)
    if coding[:3] == "bcd":
        return bcd(value, size)
    if coding == "text":
        return _text(value)
    if coding == "binary":
        if len(value) > 15:
            raise Misuse("more than 15 bytes of binary data")
        return bytes((0xE0 + len(value),)) + bytes(value)
    if coding == "M":
        value = bytes(value)
        return bytes((0xE0 + len(value),)) + value
    return _date(coding, value, size)


def integer(value, size, signed=True):
    """Return `value` in `size` bytes, least significant first (type B signed, type C not)."""
    bits = 8 * size
    lowest = -(1 << (bits - 1)) if signed else 0
    if not lowest <= value < 1 << (bits - 1 if signed else bits):
        raise Misuse("%d does not fit %d bytes" % (value, size))
    return (value & ((1 << bits) - 1)).to_bytes(size, "little")


def bcd(value, size):
    """Return `value` as `size` bytes of BCD (type A); a negative one has Fh as its first digit."""
    digits = str(abs(value))
    if len(digits) > 2 * size - (value < 0):
        raise Misuse("%d does not fit %d digits" % (value, 2 * size))
    digits = "0" * (2 * size - len(digits)) + digits
    if value < 0:
        digits = "F" + digits[1:]
    return int(digits, 16).to_bytes(size, "little")


def _real32_bits(mantissa, exponent):
    """Return the IEEE 754 single nearest to mantissa x 10**exponent (ties to even), as its bits."""
    sign = 0x80000000 if mantissa < 0 else 0
    top, bottom = abs(mantissa), 1
    if top == 0:
        return sign
    if exponent < 0:
        bottom = 10**-exponent
    else:
        top *= 10**exponent
    # Scale by a power of two until the quotient has 24 bits: 2**23 <= top / bottom < 2**24.
    power = _bits(top) - _bits(bottom) - 24
    if power < -149:
        power = -149
    while True:
        quotient = (
            _half_even(top << -power, bottom) if power < 0 else _half_even(top, bottom << power)
        )
        if quotient < 1 << 24:
            break
        power += 1
    if power > 104:
        raise Misuse("%d x 10^%d does not fit REAL32" % (mantissa, exponent))
    if quotient < 1 << 23:  # subnormal
        return sign | quotient
    return sign | (power + 150) << 23 | quotient & 0x7FFFFF


def _bits(number):
    bits = 0
    while number >> 64:
        number >>= 64
        bits += 64
    while number:
        number >>= 1
        bits += 1
    return bits


def _half_even(top, bottom):
    quotient, rest = divmod(top, bottom)
    if 2 * rest > bottom or (2 * rest == bottom and quotient & 1):
        quotient += 1
    return quotient


def _text(value):
    data = value if isinstance(value, (bytes, bytearray)) else bytes([ord(c) for c in value])
    if len(data) > 0xBF:
        raise Misuse("text of more than 191 characters")
    return bytes((len(data),)) + bytes(reversed(data))


def _date(coding, value, size):
    """Return a date or time of type F, G, I or J (EN 13757-3:2018 annex A) in `size` bytes."""
    if isinstance(value, (bytes, bytearray)):
        if len(value) != size:
            raise Misuse("type %s has %d bytes" % (coding, size))
        return bytes(value)
    if coding == "J":
        hour, minute, second = value
        return bytes((second, minute, hour))
    year, month, day = value[:3]
    first, last = _YEARS[coding]
    if not (first <= year <= last and 1 <= month <= 12 and 1 <= day <= 31):
        raise Misuse("no date of type %s: %s" % (coding, value))
    low = day | (year % 100 & 7) << 5
    high = month | (year % 100 >> 3) << 4
    if coding == "G":
        return bytes((low, high))
    hour, minute = value[3:5]
    if coding == "F":
        return bytes((minute, hour | (year // 100 - 19 & 3) << 5, low, high))
    second = value[5] if len(value) > 5 else 0
    leap = 0x80 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 0
    return bytes((second | leap, minute, hour, low, high, 0))


def manufacturer_code(name):
    """Return the 16-bit code of three capital letters ("ACW" -> 0x0477); EN 62056-21."""
    if len(name) != 3 or not all("A" <= c <= "Z" for c in name):
        raise Misuse("not a manufacturer: " + str(name))
    return (ord(name[0]) - 64) << 10 | (ord(name[1]) - 64) << 5 | (ord(name[2]) - 64)


def variable_data(
    id, manufacturer, version, medium, access_no, status, signature, records, more=False
):
    """Return the bytes after CI 72h: the long header and `records` (bytes).

    `id` is text of 8 hex digits ("11490378") or an int of decimal digits, `manufacturer` three
    letters; version, medium, access_no and status are bytes, `signature` (the configuration
    word) 16 bits. `more` appends DIF 1Fh: the next telegram has more records.
    """
    head = _identification(id) + integer(manufacturer_code(manufacturer), 2, signed=False)
    head += bytes((version, medium, access_no, status)) + integer(signature, 2, signed=False)
    return head + bytes(records) + (b"\x1f" if more else b"")


def fixed_data(id, access_no, status, medium, units, counters, binary=False):
    """Return the bytes after CI 73h, the fixed structure of old meters (EN 13757-3 annex).

    `medium` is the 4-bit fixed medium code, `units` and `counters` are pairs: unit codes 0-63
    and counter values 0..99999999 as BCD, or signed 32-bit when `binary`. Status bit 0 is set
    to match the coding.
    """
    status = status | 1 if binary else status & 0xFE
    head = _identification(id) + bytes((access_no, status))
    # The medium's four bits stand above the two units, its low half in the first byte.
    head += bytes((units[0] | (medium & 3) << 6, units[1] | (medium >> 2 & 3) << 6))
    for counter in counters:
        head += integer(counter, 4) if binary else bcd(counter, 4)
    return head


def _identification(id):
    text = id if isinstance(id, str) else "%08d" % id
    if len(text) != 8:
        raise Misuse("an identification has 8 digits: " + text)
    return int(text, 16).to_bytes(4, "little")
