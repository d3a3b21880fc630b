import pytest

from host.settings import durations


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (10, "10 s"), (90, "90 s"), (900, "15 min"), (5400, "90 min"), (172_800, "48 h")],
)
def test_a_duration_is_told_exactly_and_read_again(seconds: int, text: str) -> None:
    assert durations.told(seconds) == text
    assert durations.parse(text) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("900", 900), (" 15min ", 900), ("2 H", 7200), ("1 d", 86_400)]
    + [(text, None) for text in ("", "min", "-5 s", "1.5 h", "1 week", "٣ s", "9" * 30)],
)
def test_what_people_write(text: str, seconds: int | None) -> None:
    assert durations.parse(text) == seconds
