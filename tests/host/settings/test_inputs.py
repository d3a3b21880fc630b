"""L3: what can be set of an input is what the board takes, in the same words."""

import pytest

from host.settings.inputs import MEDIA, UNITS, S0Settings, SensorSettings, model_of, prefix
from shared import board_inputs, board_settings
from shared.board_inputs import ADDRESSES
from shared.errors import BadSetting


@pytest.mark.parametrize("address", ADDRESSES)
def test_l3_every_setting_of_an_input_is_one_of_the_boards(address: str) -> None:
    ours = {prefix(address) + row.name for row in model_of(address).rows() if row.name != "name"}
    theirs = {name for name in board_settings.BY_NAME if name.startswith(prefix(address))}
    assert ours | {prefix(address) + "active"} == theirs
    for row in model_of(address).rows():
        for bound in (row.low, row.high):
            if row.kind == "decimal":
                board_settings.check_setting(prefix(address) + row.name, bound)


def test_l3_units_and_media_are_the_boards() -> None:
    assert set(UNITS) == set(board_inputs.UNITS)
    assert set(MEDIA) == set(board_inputs.MEDIA)


def test_l3_a_range_is_told_in_the_unit_that_was_typed() -> None:
    with pytest.raises(BadSetting, match="choose -5 to 5 K"):
        SensorSettings(offset_mk=5001)
    with pytest.raises(BadSetting, match=r"choose 0\.001 to 1000000"):
        S0Settings(weight_milli=0)
    with pytest.raises(BadSetting, match="choose one of"):
        S0Settings(unit="bushel")
