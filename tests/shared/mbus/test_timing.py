"""Bit times become milliseconds, rounded up."""

import pytest

from shared.compat import ticks_add
from shared.errors import BadSetting
from shared.mbus import timing


@pytest.mark.parametrize(
    ("baud", "window", "idle"), [(300, 1187, 110_000), (2400, 193, 13_750), (9600, 86, 3438)]
)
def test_windows(baud, window, idle):
    assert timing.answer_window_ms(baud) == window
    assert timing.idle_us(baud) == idle


@pytest.mark.parametrize("baud", timing.BAUD_RATES)
def test_nothing_is_rounded_down(baud):
    assert timing.answer_window_ms(baud) >= (330 + 11) * 1000 / baud + 50
    assert timing.idle_us(baud) >= 33_000_000 / baud
    assert timing.wire_ms(261, baud) >= 261 * 11 * 1000 / baud
    assert timing.wire_ms(0, baud) == 0
    assert timing.check_baud(baud) == baud


@pytest.mark.parametrize("baud", [0, 1000, 19200, None, "2400"])
def test_other_rates_are_refused(baud):
    with pytest.raises(BadSetting, match="baud"):
        timing.check_baud(baud)


@pytest.mark.parametrize("start", [0, 2**30 - 5000, 2**29 - 1, 2**29])
def test_silence_is_counted_across_the_wrap_of_the_ticks(start):
    last = ticks_add(start, 0)
    for passed, left in ((0, 13_750), (3_750, 10_000), (13_749, 1), (13_750, 0), (500_000_000, 0)):
        assert timing.silence_left_us(13_750, ticks_add(start, passed), last) == left


def test_after_ten_years_of_silence_a_request_is_late_by_its_silence_at_most():
    for moment in range(0, 10 * 365 * 86_400 * 1_000_000, 86_399_999_983):
        assert 0 <= timing.silence_left_us(13_750, ticks_add(0, moment), 0) <= 13_750
