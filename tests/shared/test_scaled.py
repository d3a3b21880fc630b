"""Mantissa and exponent against decimal's reckoning."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import scaled

VALUES = st.tuples(st.integers(-(10**25), 10**25), st.integers(-40, 40))


def exact(value):
    return Fraction(value[0]) * Fraction(10) ** value[1]


@given(VALUES)
def test_text_is_exact_plain_and_short(value):
    text = scaled.text(*value)
    assert Fraction(text) == exact(value)
    assert "E" not in text.upper()
    if "." in text:
        assert not text.endswith("0")
    assert text != "-0"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((0, -3), "0"),
        ((-5, -3), "-0.005"),
        ((12500, -3), "12.5"),
        ((7, 3), "7000"),
        ((-1, 0), "-1"),
    ],
)
def test_text(value, text):
    assert scaled.text(*value) == text


@given(VALUES)
def test_from_text_reads_what_text_writes(value):
    assert scaled.compare(scaled.from_text(scaled.text(*value)), value) == 0


@pytest.mark.parametrize("text", ["", ".", "abc", "1e3", "1,5", "1.-5", "--1", "1.5.2", "1_0"])
def test_from_text_refuses_what_is_no_number(text):
    with pytest.raises(ValueError):
        scaled.from_text(text)


@given(VALUES, VALUES)
def test_add_and_compare(first, second):
    assert exact(scaled.add(first, second)) == exact(first) + exact(second)
    order = (exact(first) > exact(second)) - (exact(first) < exact(second))
    assert scaled.compare(first, second) == order


@given(VALUES)
def test_normal_makes_equal_values_equal_pairs(value):
    assert scaled.normal((value[0] * 1000, value[1] - 3)) == scaled.normal(value)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        ((137621, -5), 6, "1.37621"),
        ((21536703109, -9), 6, "21.5367"),
        ((9999995, 0), 6, "10000000"),
        ((-15, 0), 1, "-20"),
        ((0, -7), 3, "0"),
    ],
)
def test_significant(value, digits, text):
    assert scaled.text(*scaled.significant(value, digits)) == text


def test_rescale_rounds_halves_away_from_zero():
    assert scaled.rescale((25, -1), 0) == 3
    assert scaled.rescale((-25, -1), 0) == -3
    assert scaled.rescale((24, -1), 0) == 2
    assert scaled.rescale((2, 3), 0) == 2000
