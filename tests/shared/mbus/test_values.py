"""Numbers, BCD and dates of EN 13757-3 annex A, each against an independent reckoning."""

import struct
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.mbus import encode, values


@given(st.integers(0, 2**32 - 1))
def test_real32_is_exact(bits):
    number = struct.unpack("<f", struct.pack("<I", bits))[0]
    mantissa, exponent, reason = values.real(bits)
    if reason:
        assert number != number or abs(number) == float("inf")
    else:
        assert Fraction(mantissa) * Fraction(10) ** exponent == Fraction(number)


@given(st.integers(0, 2**64 - 1))
def test_real64_is_exact(bits):
    number = struct.unpack("<d", struct.pack("<Q", bits))[0]
    mantissa, exponent, reason = values.real(bits, 8)
    if reason:
        assert number != number or abs(number) == float("inf")
    else:
        assert Fraction(mantissa) * Fraction(10) ** exponent == Fraction(number)


@pytest.mark.parametrize(
    ("bits", "size", "number"),
    [
        (0x1234, 2, 1234),
        (0xF234, 2, -234),
        (0xF0, 1, 0),
        (0xF, 1, None),
        (0x12A4, 2, None),
        (0xFF34, 2, None),
        (0xFFFF, 2, None),
        (0, 6, 0),
    ],
)
def test_bcd(bits, size, number):
    assert values.bcd(bits, size)[0] == number


@pytest.mark.parametrize("year", range(1981, 2081))
def test_every_year_of_type_g_and_f(year):
    day = encode.record("G", b"\x6c", (year, 3, 31))[2:]
    assert values.date(int.from_bytes(day, "little"), 2) == (f"{year}-03-31", None)
    moment = encode.record("F", b"\x6d", (year, 3, 31, 23, 59))[2:]
    assert values.date(int.from_bytes(moment, "little"), 4) == (f"{year}-03-31T23:59:00", None)


@pytest.mark.parametrize("year", [2000, 2026, 2027, 2099])
def test_years_of_type_i_count_from_2000(year):
    moment = encode.record("I", b"\x6d", (year, 3, 31, 23, 59, 58))[2:]
    assert values.date(int.from_bytes(moment, "little"), 6) == (f"{year}-03-31T23:59:58", None)


EVERY = (  # 127, 15, 0, 31, 63: every year, month, day, hour, minute
    (0xFC3F & ~0x1F | 0xE0 | 31, 2, "XXXX-12-31"),
    (0x0F20 & ~0xF | 1 | 0xF00, 2, "2001-XX-01"),
    (0x0121, 2, "2001-01-01"),
    (0x0120, 2, "2001-01-XX"),
    (0x01211F00, 4, "2001-01-01TXX:00:00"),
    (0x0121003F, 4, "2001-01-01T00:XX:00"),
)


@pytest.mark.parametrize(("bits", "size", "text"), EVERY)
def test_every_year_month_day_hour_minute_is_x(bits, size, text):
    assert values.date(bits, size) == (text, None)


@pytest.mark.parametrize(
    ("bits", "size"),
    [
        (0x0000, 2),
        (0xFFFF, 2),
        (0x0D21, 2),  # month 13
        (0x045F, 2),  # 31 April
        (0x025D, 2),  # 29 February 2002
        (0xF021 | 0x0080, 2),  # year 124
        (0x01210080, 4),  # IV
        (0x0121003C, 4),  # minute 60
        (0x01211800, 4),  # hour 24
        (0x000121000080 | 0x8000, 6),
        (0xFFFFFF, 3),
        (0x00003C, 3),  # second 60
        (0, 5),
    ],
)
def test_no_date_has_a_reason(bits, size):
    text, reason = values.date(bits, size)
    assert text is None
    assert reason


def test_summer_time_bits():
    assert values.summer_time(0x01218000, 4)
    assert not values.summer_time(0x01210000, 4)
    assert values.summer_time(0x40, 6)
    assert not values.summer_time(0x8000, 2)
