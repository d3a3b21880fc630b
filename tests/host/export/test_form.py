"""Which files an export has, what they are called, and what is refused."""

from dataclasses import replace

import pytest

from host.export.form import Format, choose, file_name
from shared.errors import BadAddress, BadSetting
from tests.host.export.test_standard import AT, METER

WATER = replace(METER, id=30, address="20000001FFFFFFFF", medium=0x16)
GONE = replace(METER, id=31, address="7", medium=None)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"kind": "xls"}, "format 'xls': choose one of standard, full-db, json, xlsx"),
        ({"separator": "="}, "separator '='"),
        ({"mark": "'"}, "decimal mark"),
        ({"language": "xx"}, "language 'xx': choose one of de, en, fr"),
    ],
)
def test_a_wrong_choice_is_told_with_the_right_ones(wrong: dict[str, str], words: str) -> None:
    with pytest.raises(BadSetting, match=words):
        Format(**wrong)  # type: ignore[arg-type]


def test_meters_are_chosen_by_address_and_by_medium() -> None:
    known = [METER, WATER, GONE]
    assert choose(known) == known
    assert choose(known, ["20000001", "10", "10"]) == [WATER, METER]
    assert choose(known, medium="heat") == [METER]
    assert choose(known, medium="other") == [GONE]
    assert choose(known, ["10"], medium="water") == []
    with pytest.raises(BadAddress, match="11: not registered"):
        choose(known, ["11"])
    with pytest.raises(BadSetting, match="medium 'steam': choose one of electricity, gas, heat"):
        choose(known, medium="steam")


def test_the_file_is_named_by_the_server_alone() -> None:
    dated = file_name(METER, AT, Format("xlsx"), dated=True)
    assert dated == "29-04800181-20170126161240-dates.xlsx"
    assert file_name(METER, AT, Format()) == "29-04800181-20170126161240.csv"
    unknown = replace(METER, serial=None, address="12345678FFFFFFFF")
    assert file_name(unknown, AT, Format()) == "29-12345678FFFFFFFF-20170126161240.csv"
