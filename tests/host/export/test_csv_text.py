"""Decimal text of a whole column is that of each of its numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.export.csv_text import CsvStyle, decimals
from shared import scaled

numbers = st.integers(-(10**20), 10**20) | st.integers(-20000, 20000)


@given(st.lists(numbers, min_size=1, max_size=30), st.integers(-8, 0))
def test_decimals_are_exact(mantissas: list[int], exponent: int) -> None:
    expected = [scaled.text(mantissa, exponent) for mantissa in mantissas]
    assert decimals(mantissas, exponent) == expected
    assert decimals(mantissas, exponent, ",") == [text.replace(".", ",") for text in expected]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("plain", "plain"),
        ("a;b", '"a;b"'),
        ('say "no"', '"say ""no"""'),
        ("two\nlines", '"two\nlines"'),
        ("=1;2", '"\'=1;2"'),
        ("@home", "'@home"),
        ("", ""),
    ],
)
def test_texts_are_quoted_only_where_needed_and_never_a_formula(text: str, cell: str) -> None:
    assert CsvStyle(";", ".").text(text) == cell
