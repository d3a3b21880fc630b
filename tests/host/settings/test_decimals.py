"""Decimal numbers as people write them, in three languages."""

import pytest

from host.settings import decimals


@pytest.mark.parametrize(
    ("text", "mark", "thousandths"),
    [
        ("5123.456", ".", 5_123_456),
        ("5123,456", ",", 5_123_456),
        ("5123.45", ",", 5_123_450),
        ("5 123,4", ",", 5_123_400),
        ("5\N{NARROW NO-BREAK SPACE}123,4", ",", 5_123_400),
        ("5'123.4", ".", 5_123_400),
        ("-0.5", ".", -500),
        ("\N{MINUS SIGN}0,5", ",", -500),
        ("0", ".", 0),
    ],
)
def test_what_is_meant(text: str, mark: str, thousandths: int) -> None:
    assert decimals.parse(text, mark) == thousandths


@pytest.mark.parametrize(
    ("text", "mark"),
    [("1.234", ","), ("1,234", "."), ("1.234,5", ","), ("1.2345", "."), ("", "."), ("x", ".")],
)
def test_what_might_be_a_thousand_times_more_is_not_guessed(text: str, mark: str) -> None:
    assert decimals.parse(text, mark) is None


@pytest.mark.parametrize("thousandths", [0, 1, 500, -500, 5_123_456, 10**15])
def test_what_is_told_means_the_same(thousandths: int) -> None:
    assert decimals.parse(decimals.told(thousandths)) == thousandths


def test_no_more_digits_than_needed() -> None:
    assert [decimals.told(one) for one in (1000, 1500, -20)] == ["1", "1.5", "-0.02"]
