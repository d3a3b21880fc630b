"""The encoder refuses what does not fit, and rounds REAL32 as the standard's nearest."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Misuse
from shared.mbus import encode


@pytest.mark.parametrize(
    ("coding", "value"),
    [
        ("int8", 128),
        ("int8", -129),
        ("int64", 2**63),
        ("bcd2", 100),
        ("bcd2", -10),
        ("bcd_lvar", 10**18),
        ("real32", (1, 39)),
        ("text", "x" * 192),
        ("binary", bytes(16)),
        ("F", (1980, 1, 1, 0, 0)),
        ("G", (2081, 1, 1)),
        ("I", (1999, 1, 1, 0, 0, 0)),
        ("G", (2000, 13, 1)),
        ("G", b"\x00"),
        ("int5", 0),
    ],
)
def test_what_does_not_fit_is_refused(coding, value):
    with pytest.raises(Misuse):
        encode.record(coding, b"\x13", value)


@pytest.mark.parametrize(
    "place", [{"function": 4}, {"storage": 2**41}, {"tariff": 2**20}, {"subunit": -1}]
)
def test_places_out_of_range_are_refused(place):
    with pytest.raises(Misuse):
        encode.record("int8", b"\x13", 0, **place)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_single_written_exactly_is_that_single(number):
    top, bottom = number.as_integer_ratio()
    power = bottom.bit_length() - 1
    got = encode.record("real32", b"\x13", (top * 5**power, -power))[2:]
    assert struct.unpack("<f", got)[0] == number


@pytest.mark.parametrize("name", ["acw", "AB", "ABCD", "A1C"])
def test_a_manufacturer_is_three_capitals(name):
    with pytest.raises(Misuse):
        encode.manufacturer_code(name)


def test_manufacturer_code():
    assert encode.manufacturer_code("ACW") == 0x0477
