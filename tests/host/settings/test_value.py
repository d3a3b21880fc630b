"""M5, per value: what can be set, and a factor that divides exactly (manual 6.4.5, 6.7)."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.settings.chapter import WrongSettings
from host.settings.value import (
    MOST_VALUES,
    PLAIN,
    OwnValues,
    ValueKey,
    ValueSettings,
    entries,
    from_entries,
)
from host.texts.catalogue import LANGUAGES, gettext
from shared.errors import BadSetting

KEY = ValueKey("0c06", 0)


@pytest.mark.parametrize(
    ("factor", "value", "told"),
    [
        ("1000", "2709840000", "2709840"),
        ("1000", "1234567", "1234.567"),
        ("0.001", "12.5", "12500"),
        ("0,001", "12.5", "12500"),
        ("1", "-0.70", "-0.70"),
        ("1/60", "12.5", "750"),
        ("8", "1", "0.125"),
        ("0.25", "3", "12"),
        ("999999999e0", "1", None),
        ("1/999999999", "-2", "-1999999998"),
    ],
)
def test_the_factor_divides_as_in_the_manual(factor: str, value: str, told: str | None) -> None:
    if told is None:
        with pytest.raises(WrongSettings):
            ValueSettings(factor=factor)
        return
    assert ValueSettings(factor=factor).scaled(value) == told


@given(st.integers(1, 10**9 - 1), st.integers(0, 9), st.integers(-(10**18), 10**18), st.booleans())
def test_no_digit_is_lost_or_invented(number: int, places: int, value: int, over: bool) -> None:
    factor = f"1/{number}" if over else format(Decimal(number).scaleb(-places), "f")
    try:
        own = ValueSettings(factor=factor)
    except WrongSettings:
        return
    assert Fraction(own.scaled(str(value))) * Fraction(own.factor) == value


@pytest.mark.parametrize(
    "factor",
    ["0", "-10", "3", "1.000", "1,000", "1e3", "", "1/0", "abc", "0.0", "1/3.5", "٣", "9" * 19],
)
def test_a_factor_that_is_none_or_leaves_a_rest_is_refused(factor: str) -> None:
    with pytest.raises(WrongSettings, match="without a rest"):
        ValueSettings(factor=factor)


@pytest.mark.parametrize(
    "changes",
    [
        {"designation": "a\nb"},
        {"designation": "\N{RIGHT-TO-LEFT OVERRIDE}abc"},
        {"designation": "x" * 101},
        {"unit": "x" * 21},
        {"phase": 4},
        {"phase": True},
        {"tariff": -1},
        {"month": "1"},
        {"colour": "red"},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadSetting):
        PLAIN.changed(**changes)


def test_settings_go_through_json_and_back() -> None:
    settings = {
        KEY: ValueSettings(designation="<b>=1+1", unit="kWh", factor="0,001"),
        ValueKey("8c1006", 1): ValueSettings(phase=1, tariff=0, month=12),
    }
    told = entries(settings)
    assert told[0] == {
        "head": "0c06",
        "nth": 0,
        "designation": "<b>=1+1",
        "unit": "kWh",
        "factor": "0.001",
    }
    assert from_entries(told) == settings


@pytest.mark.parametrize(
    "found",
    [
        None,
        {},
        [1],
        [{}],
        [{"head": "0c06"}],
        [{"head": "0c06", "nth": True}],
        [{"head": "0c06", "nth": -1}],
        [{"head": "0C06", "nth": 0}],
        [{"head": "0c6", "nth": 0}],
        [{"head": "", "nth": 0}],
        [{"head": "00" * 300, "nth": 0}],
        [{"head": "0c06", "nth": 0}] * 2,
        [{"head": "0c06", "nth": 0, "factor": 1000}],
        [{"head": "0c06", "nth": 0, "script": "x"}],
        [{"head": f"{n:04x}", "nth": 0} for n in range(MOST_VALUES + 1)],
    ],
    ids=lambda found: str(found)[:40],
)
def test_a_list_that_is_none_of_ours_is_refused(found: Any) -> None:
    with pytest.raises(BadSetting):
        from_entries(found)


def test_values_without_settings_are_left_aside() -> None:
    own = OwnValues.of({KEY: PLAIN, ValueKey("0413", 0): ValueSettings(unit="l")})
    assert [key for key, _ in own.items] == [("0413", 0)]
    assert own.get(KEY) is None
    assert hash(own) == hash(OwnValues.of(dict(own.items)))


def test_every_setting_has_its_words() -> None:
    for row in ValueSettings.rows():
        for text in (row.label, row.help):
            assert all(gettext(language, text) for language in LANGUAGES)
        assert gettext("de", row.help) != row.help
