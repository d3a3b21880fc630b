"""The data types of EN 13757-3:2018 annex A that are more than an integer: REAL32, BCD, dates.

Numbers come out as (mantissa, exponent) by integer arithmetic alone. What cannot be read comes out
as None with the reason.
"""

from shared.compat import const

_EVERY_YEAR = const(127)
_EVERY_MONTH = const(15)
_EVERY_HOUR = const(31)
_EVERY_MINUTE = const(63)
# _TWOS[2**n % 67] is n, for n up to 65: 2 generates all residues modulo 67.
_TWOS = bytearray(67)
for _n in range(66):
    _TWOS[(1 << _n) % 67] = _n
_DAYS = b"\x1f\x1d\x1f\x1e\x1f\x1e\x1f\x1f\x1e\x1f\x1e\x1f"


def real(bits, size=4):
    """Return (mantissa, exponent, None) of an IEEE 754 number, or (None, None, reason).

    `bits` is its unsigned integer, `size` 4 (type H) or 8 bytes. A binary fraction is a decimal
    one: m x 2**-k = m x 5**k x 10**-k. Trailing zeros are taken off as factors of two first.
    """
    fraction_bits, bias = (23, 150) if size == 4 else (52, 1075)
    power = bits >> fraction_bits & (255 if size == 4 else 2047)
    mantissa = bits & ((1 << fraction_bits) - 1)
    if power == (255 if size == 4 else 2047):
        return None, None, "not a number" if mantissa else "infinite"
    if power:
        mantissa |= 1 << fraction_bits
    else:
        power = 1
    if mantissa == 0:
        return 0, 0, None
    power -= bias
    if power < 0:  # fewer digits: factors of two out of the fraction
        shift = _TWOS[(mantissa & -mantissa) % 67]
        if shift > -power:
            shift = -power
        mantissa >>= shift
        power += shift
    if bits >> (size * 8 - 1):
        mantissa = -mantissa
    if power < 0:
        return mantissa * 5**-power, power, None
    return mantissa << power, 0, None


def bcd(bits, size):
    """Return (number, None) of BCD digits, or (None, reason).

    `bits` is the unsigned integer of the `size` bytes. Fh as the first digit is a minus sign; other
    hex digits are no number but a meter's way to say that it has none (annex B).
    """
    digits = "%x" % bits
    negative = len(digits) == 2 * size and digits[0] == "f"
    if negative:
        digits = digits[1:] or "0"
    for digit in digits:
        if digit > "9":
            return None, "BCD with hex digits"
    number = int(digits)
    return -number if negative else number, None


def date(bits, size):
    """Return (ISO 8601 text without zone, None) of a date or time, or (None, reason).

    `bits` is the unsigned integer of the `size` bytes: 2 type G (date), 3 type J (time), 4 type F
    (date and time), 6 type I (with seconds). "Every year" and the like are X: "XXXX-12-31".
    """
    if size == 2:
        return _day(bits, 0)
    if size == 3:
        return _clock(bits >> 16 & 31, bits >> 8 & 63, bits & 63)
    if size == 4:
        if bits & 0x80:
            return None, "time marked invalid"
        day, reason = _day(bits >> 16, bits >> 13 & 3)
        clock, trouble = _clock(bits >> 8 & 31, bits & 63, None)
    elif size == 6:
        if bits & 0x8000:
            return None, "time marked invalid"
        day, reason = _day(bits >> 24, 1)  # its years count from 2000
        clock, trouble = _clock(bits >> 16 & 31, bits >> 8 & 63, bits & 63)
    else:
        return None, "no date has %d bytes" % size
    if day is None or clock is None:
        return None, reason or trouble
    return day + "T" + clock, None


def summer_time(bits, size):
    """Tell whether a date of type F (4 bytes) or I (6) says that daylight saving time is on."""
    return bool(bits & (0x8000 if size == 4 else 0x40 if size == 6 else 0))


def _day(bits, hundreds):
    """Return (text, reason) of the day of type G; `hundreds` as in type F: centuries after 1900."""
    if bits & 0xFFFF == 0xFFFF:
        return None, "date not set"
    day, month = bits & 31, bits >> 8 & 15
    year = bits >> 5 & 7 | bits >> 9 & 0x78
    if year > 99 and year != _EVERY_YEAR:
        return None, "no date: year %d" % year
    if month != _EVERY_MONTH and not (1 <= month <= 12 and day <= _DAYS[month - 1]):
        return None, "no date: month %d, day %d" % (month, day)
    if year == _EVERY_YEAR:
        shown = "XXXX"
    else:  # old meters leave the century out: then 81-99 are 1981-1999 (annex A, type F)
        year += 1900 + 100 * (hundreds or year <= 80)
        if month == 2 and day == 29 and (year % 4 or (year % 100 == 0 and year % 400)):
            return None, "no date: 29 February %d" % year
        shown = "%d" % year
    return shown + "-" + _two(month, _EVERY_MONTH) + "-" + _two(day, 0), None


def _clock(hour, minute, second):
    """Return (text, reason) of a time of day; `second` None where the type has none."""
    if (hour > 23 and hour != _EVERY_HOUR) or (minute > 59 and minute != _EVERY_MINUTE):
        return None, "no time: %02d:%02d" % (hour, minute)
    if second is None:
        return _two(hour, _EVERY_HOUR) + ":" + _two(minute, _EVERY_MINUTE) + ":00", None
    if hour == _EVERY_HOUR and minute == _EVERY_MINUTE and second == _EVERY_MINUTE:
        return None, "time not set"
    if second > 59 and second != _EVERY_MINUTE:
        return None, "no time: second %d" % second
    return (
        _two(hour, _EVERY_HOUR)
        + ":"
        + _two(minute, _EVERY_MINUTE)
        + ":"
        + _two(second, _EVERY_MINUTE),
        None,
    )


def _two(number, every):
    return "XX" if number == every else "%02d" % number
