"""Numbers and times as each language writes them, with every digit kept."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from host.texts.locale import words

NARROW = "\u202f"
MINUS = "\u2212"
AT = datetime(2026, 7, 1, 12, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "text", "shown"),
    [
        ("de", "1234567.50", "1.234.567,50"),
        ("en", "1234567.50", "1,234,567.50"),
        ("fr", "1234567.50", f"1{NARROW}234{NARROW}567,50"),
        ("de", "-0.5", f"{MINUS}0,5"),
        ("de", "999", "999"),
        ("en", "123456789012345678901234567890.1", "123,456,789,012,345,678,901,234,567,890.1"),
        ("de", "12A4", "12A4"),
        ("de", "", ""),
        ("de", "-", "-"),
    ],
)
def test_numbers(language, text, shown):
    assert words(language).number(text) == shown


def test_a_moment_is_told_in_the_zone_of_the_site_over_summer_time():
    zone = ZoneInfo("Europe/Zurich")
    assert words("de").moment(AT, zone) == "01.07.2026, 14:05:09"
    assert words("en").moment(AT, zone) == "1 Jul 2026, 14:05:09"
    assert words("fr").moment(AT, zone) == "1 juil. 2026, 14:05:09"
    assert words("de").minute(datetime(2026, 1, 1, 12, 5, tzinfo=UTC), zone) == "01.01.2026, 13:05"
    assert words("de").utc(AT) == "01.07.2026, 12:05:09 UTC"
    assert words("de").day(date(2026, 10, 31)) == "31.10.2026"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "gerade eben"),
        (4.9, "gerade eben"),
        (45, "vor 45 Sek."),
        (130, "vor 2 Min."),
        (3 * 3600, "vor 3 Std."),
        (5 * 86400, "vor 5 Tagen"),
    ],
)
def test_ages(seconds, text):
    assert words("de").age(seconds) == text


def test_spans_are_told_in_the_largest_unit_that_divides_them():
    assert words("en").span(900) == "15 minutes"
    assert words("en").span(90) == "90 seconds"
    assert words("de").span(172800) == "2 Tage"


def test_an_unknown_language_is_english():
    assert words("it").language == "en"


def test_a_cycle_without_pause_has_a_word():
    told = [words(language).cycle(0) for language in ("de", "en", "fr")]
    assert told == ["ununterbrochen", "continuous", "en continu"]
    assert words("en").cycle(900) == "15 minutes"


@pytest.mark.parametrize(
    ("language", "percent", "size", "small", "rough"),
    [
        ("de", "25\u00a0%", "1,2 MB", "1\u00a0Byte", "3 Min."),
        ("en", "25%", "1.2 MB", "1 byte", "3 mins"),
        ("fr", "25\u00a0%", f"1,2{NARROW}Mo", "1\u00a0octet", "3\u00a0min"),
    ],
)
def test_percentages_sizes_and_rough_times(language, percent, size, small, rough):
    told = words(language)
    assert told.percent(25) == percent
    assert (told.size(1_234_567), told.size(1)) == (size, small)
    assert told.rough(200) == rough
