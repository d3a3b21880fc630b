"""Addresses are read from text, compared with wildcards, and found in answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadAddress
from shared.mbus.addresses import (
    header_of,
    matches,
    parse_address,
    secondary_of,
    secondary_text,
)
from shared.mbus.frames import long_frame

HEADER = bytes.fromhex("7803491177040e16")  # ACW 11490378, version 14, cold water


@pytest.mark.parametrize(
    ("text", "primary"),
    [("0", 0), ("1", 1), (" 250 ", 250), ("007", 7), ("253", 253), ("254", 254)],
)
def test_primary(text, primary):
    address = parse_address(text)
    assert (address.primary, address.secondary, address.text) == (primary, None, str(primary))


def test_secondary_in_both_lengths():
    full = parse_address("1149037877040e16")
    assert full.secondary == HEADER
    assert full.text == "1149037877040E16"
    assert full.primary is None
    short = parse_address("11490378")
    assert short.secondary == bytes.fromhex("78034911ffffffff")
    assert short == parse_address("11490378FFFFFFFF")
    assert len({short, parse_address("11490378ffffffff"), full}) == 2
    assert not full.has_wildcards()
    assert short.has_wildcards()
    assert parse_address("1149037F77040E16").has_wildcards()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "digits"),
        ("251", "reserved"),
        ("252", "reserved"),
        ("255", "broadcast"),
        ("256", "end at 250"),
        ("1A", "decimal"),
        ("-1", "not a digit"),
        ("1 2", "not a digit"),
        ("1_2", "not a digit"),
        ("²", "not a digit"),
        ("12345", "5 digits"),
        ("0123456789ABCDEF0", "digits"),
        ("1149037877040E1G", "'G'"),
        (17, "text"),
        (None, "text"),
    ],
)
def test_what_is_no_address_is_refused_with_its_reason(text, reason):
    with pytest.raises(BadAddress, match=reason):
        parse_address(text)


@given(st.text(max_size=20))
def test_any_text_is_an_address_or_refused(text):
    try:
        address = parse_address(text)
    except BadAddress:
        return
    assert parse_address(address.text) == address


@given(st.binary(min_size=8, max_size=8))
def test_text_and_wire_agree(secondary):
    assert parse_address(secondary_text(secondary)).secondary == secondary
    assert matches(secondary, secondary)
    assert matches(b"\xff" * 8, secondary)


@pytest.mark.parametrize(
    ("mask", "answer"),
    [
        ("1149037877040E16", True),
        ("11490378FFFFFFFF", True),
        ("F149037877040E16", True),
        ("114903F8FFFFFF16", True),
        ("11490378FFFF0EFF", True),
        ("11490379FFFFFFFF", False),
        ("21490378FFFFFFFF", False),
        ("114903787704FF17", False),
        ("11490378FFFF0F16", False),
        ("1149037877FF0E16", False),  # half a manufacturer is no wildcard
        ("1149037878040E16", False),
    ],
)
def test_wildcards_are_digits_of_the_number_and_whole_fields_of_the_rest(mask, answer):
    assert matches(parse_address(mask).secondary, HEADER) is answer


def test_the_sender_of_an_answer():
    rest = bytes([1, 0, 0, 0])
    assert secondary_of(long_frame(8, 1, 0x72, HEADER + rest)) == "1149037877040E16"
    turned = bytes.fromhex("1149037804770e16")
    assert secondary_of(long_frame(8, 1, 0x76, turned + rest)) == "1149037877040E16"
    fixed = HEADER[:4] + bytes(12)
    assert secondary_of(long_frame(8, 1, 0x73, fixed)) == "11490378FFFFFFFF"
    turned = bytes(reversed(HEADER[:4])) + bytes(12)
    assert secondary_of(long_frame(8, 1, 0x77, turned)) == "11490378FFFFFFFF"
    assert header_of(long_frame(8, 1, 0x78, HEADER + rest)) is None
    assert header_of(long_frame(8, 1, 0x72, HEADER)) is None  # header cut short
    assert header_of(b"\xe5") is None
    assert matches(parse_address("1149037877040E16").secondary, HEADER[:4] + b"\xff" * 4)
