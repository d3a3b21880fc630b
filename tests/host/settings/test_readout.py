import pytest

from host.settings.readout import ReadoutSettings, check_baud
from shared.errors import BadSetting


def test_the_default_is_a_quarter_of_an_hour() -> None:
    assert ReadoutSettings().cycle_s == 900


@pytest.mark.parametrize("cycle_s", [10, 172_800])
def test_the_ends_of_the_range_are_in_it(cycle_s: int) -> None:
    assert ReadoutSettings(cycle_s=cycle_s).cycle_s == cycle_s


@pytest.mark.parametrize("cycle_s", [1, 9, -900, 172_801])
def test_a_cycle_out_of_range_is_named(cycle_s: int) -> None:
    with pytest.raises(BadSetting, match=r"choose (0 to 172800|10 s to 48 h)"):
        ReadoutSettings(cycle_s=cycle_s)


def test_a_rate_the_bus_does_not_know_is_named() -> None:
    check_baud(300)
    with pytest.raises(BadSetting, match="1000 baud"):
        check_baud(1000)


def test_reading_dates() -> None:
    settings = ReadoutSettings(dates=[[0, 31, 23], [6, 30, 0]])
    assert settings.dates == ((0, 31, 23), (6, 30, 0))
    for wrong in ([[13, 1, 0]], [[1, 0, 0]], [[1, 1, 24]], [[1, 1, 1]] * 13):
        with pytest.raises(BadSetting, match="reading date"):
            ReadoutSettings(dates=wrong)
