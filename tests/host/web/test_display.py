"""Values keep their digits, get a unit people know, and lose every hidden character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.texts.locale import words
from host.web.display import Shown, shift_point, shown_value, visible


def line(value, unit="", factor="1", **more):
    return {"value": value, "unit": unit, "factor": factor, "error": None, "is_float": False} | more


@pytest.mark.parametrize(
    ("record", "text", "unit"),
    [
        (line("2709840000", "Wh", "10^3 Wh"), "2,709,840", "kWh"),
        (line("1234567", "Wh", "Wh"), "1,234.567", "kWh"),
        (line("0", "Wh", "10^3 Wh"), "0", "kWh"),
        (line("-5", "W", "W"), "\u22120.005", "kW"),
        (line("54.321", "m^3", "10^-3 m³"), "54.321", "m³"),
        (line("54.3", "m^3", "10^-3 m³"), "54.300", "m³"),
        (line("18250", "W", "W"), "18.250", "kW"),
        (line("94608000", "s", "h"), "26,280", "h"),
        (line("90", "s", "s"), "90", "s"),
        (line("1834", "Units for H.C.A.", "units"), "1,834", "units"),
        (line("10000001", "", "1"), "10000001", ""),
        (line("0.12345670163631439", "m^3/h", "m³/h", is_float=True), "0.123457", "m³/h"),
        (line("2026-10-31", factor=""), "31 Oct 2026", ""),
        (line("2026-11-22T17:30:00", factor=""), "22 Nov 2026, 17:30:00", ""),
        (line("2026-13-45", factor=""), "2026-13-45", ""),
        (line("12", factor=""), "12", ""),
    ],
)
def test_values(record, text, unit):
    shown = shown_value(record, words("en"))
    assert (shown.text, shown.unit) == (text, unit)


def test_what_cannot_be_read_is_left_to_its_reason():
    assert shown_value(line("00ff", "Wh") | {"error": "bad BCD"}, words("en")) == Shown("")
    assert shown_value(line(None), words("en")) == Shown("")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4), st.integers(0, 8))
def test_shifting_the_point_changes_no_digit(number, places):
    from decimal import Decimal, localcontext

    with localcontext() as context:
        context.prec = 100
        text = format(number, "f")
        assert Decimal(shift_point(text, places)) == Decimal(text).scaleb(-places)


@given(st.text(max_size=300))
def test_nothing_hidden_is_left(text):
    shown = visible(text)
    assert shown.isprintable()
    assert len(shown) <= 200 * len("[U+10FFFF]") + 1


def test_hidden_characters_are_named():
    assert visible("a\x1bb\u202ec\u200bd\x7f") == "a[U+001B]b[U+202E]c[U+200B]d[U+007F]"
    assert visible("x" * 300) == "x" * 200 + "…"
