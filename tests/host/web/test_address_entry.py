"""Addresses as people type them."""

import pytest

from host.web.address_entry import Wrong, parse
from host.web.scan_form import RANGE_ERROR


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("5", ["5"]),
        ("1-3, 5;5\n12345678", ["1", "2", "3", "5", "12345678FFFFFFFF"]),
        (" 1 \N{EN DASH} 2\t04800181b405c004 ", ["1", "2", "04800181B405C004"]),
        ("007", ["7"]),
    ],
)
def test_one_several_and_ranges(text, found):
    assert parse(text) == found


@pytest.mark.parametrize(
    ("text", "what"),
    [("9-3", "9-3"), ("0-5", "0-5"), ("1-251", "1-251")],
)
def test_a_wrong_range_is_a_range_error(text, what):
    with pytest.raises(Wrong) as wrong:
        parse(text)
    assert (wrong.value.msgid, wrong.value.what) == (RANGE_ERROR, what)


@pytest.mark.parametrize("text", ["", " ,;", "0", "251", "254", "12345", "=1+1", "5, Küche", "²"])
def test_what_is_no_address(text):
    with pytest.raises(Wrong):
        parse(text)


def test_at_most_as_many_as_can_be():
    assert len(parse("1-250")) == 250
    with pytest.raises(Wrong, match="too many"):
        parse("1-250, 12345678")
