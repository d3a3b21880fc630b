"""Bit times become milliseconds, rounded up."""

import pytest

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
