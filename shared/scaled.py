"""A value is an integer mantissa times a power of ten: (mantissa, exponent).

Boards have 32-bit floats, which turn 2709840000 Wh into 2709839872: so there is no float here, and
what a meter sent is what is stored, shown and exported.
"""


def text(mantissa, exponent):
    """Return mantissa x 10**exponent as exact decimal text, no exponent, no zeros to spare."""
    if exponent >= 0 or mantissa == 0:
        return str(mantissa * 10**exponent if mantissa else 0)
    sign = "-" if mantissa < 0 else ""
    digits = str(abs(mantissa))
    if len(digits) <= -exponent:
        digits = "0" * (1 - exponent - len(digits)) + digits
    whole, part = digits[:exponent], digits[exponent:].rstrip("0")
    return sign + whole + "." + part if part else sign + whole


def from_text(decimal):
    """Return (mantissa, exponent) of decimal text such as "-12.50"; ValueError if it is none."""
    whole, _point, part = decimal.strip().partition(".")
    digits = whole + part
    if not digits.lstrip("+-").isdigit() or part[:1] in ("+", "-"):
        raise ValueError("not a decimal number: " + decimal)
    return int(digits), -len(part)


def add(first, second):
    """Return the sum of two (mantissa, exponent)."""
    exponent = min(first[1], second[1])
    return (
        first[0] * 10 ** (first[1] - exponent) + second[0] * 10 ** (second[1] - exponent),
        exponent,
    )


def compare(first, second):
    """Return -1, 0 or 1: whether `first` is less than, equal to or more than `second`."""
    difference = add(first, (-second[0], second[1]))[0]
    return (difference > 0) - (difference < 0)


def rescale(value, exponent):
    """Return `value` as a mantissa for 10**exponent, halves rounded away from zero."""
    mantissa, shift = value[0], value[1] - exponent
    if shift >= 0:
        return mantissa * 10**shift
    divisor = 10**-shift
    rounded = (abs(mantissa) * 2 + divisor) // (divisor * 2)
    return -rounded if mantissa < 0 else rounded


def significant(value, digits):
    """Return `value` rounded to that many significant decimal digits (1 or more)."""
    spare = len(str(abs(value[0]))) - digits
    if spare <= 0:
        return value
    exponent = value[1] + spare
    return rescale(value, exponent), exponent


def normal(value):
    """Return `value` with a mantissa that does not end in 0: equal values get equal pairs."""
    mantissa, exponent = value
    if mantissa == 0:
        return 0, 0
    while mantissa % 10 == 0:
        mantissa //= 10
        exponent += 1
    return mantissa, exponent
