"""Who was found, beside what is registered and what is planned."""

from host.readout.planned import Planned
from host.web.found_lines import lines
from host.web.scans import Found
from tests.host.readout.test_commissioning import HEAT, meter

WATER = "6000000124230107"


def found(secondary, primary=5, *, bauds=(2400,), trouble=None, segment=1):
    return Found(segment, secondary or str(primary), secondary, primary, bauds, trouble)


def words(table):
    return [(line.key, line.standing) for line in table.lines]


def test_each_line_says_what_it_is():
    heat, water = found(HEAT), found(WATER, bauds=(300, 9600))
    hidden = found(None, 9, trouble="garbled_answer", segment=2)
    table = lines([heat, water, hidden], [meter(HEAT, secondary=HEAT)], [])
    assert words(table) == [(f"1-{HEAT}", "known"), (f"1-{WATER}", "new"), ("2-9", "trouble")]
    assert [line.may_be_added for line in table.lines] == [False, True, False]
    assert (table.lines[1].medium, table.lines[1].medium_icon) == ("Water", "water")
    assert table.lines[1].wanted("Bath") == {
        "address": WATER, "baud": 9600, "segment": 1, "name": "Bath", "site": "", "cost_centre": ""
    }  # fmt: skip
    assert table.unexpected == 0


def test_the_list_tells_who_is_missing_and_who_is_unexpected():
    plan = [
        Planned("60000001FFFFFFFF", "Bath", "Flat 1", "4711"),
        Planned("7"),
        Planned("8"),
        Planned("04800181FFFFFFFF"),
    ]
    known = [meter("8"), meter(HEAT)]
    table = lines([found(WATER, 1), found("6999999924230107", 2)], known, plan)
    assert words(table)[2:] == [
        ("plan-7", "missing"), ("plan-8", "missing"), ("plan-04800181FFFFFFFF", "missing")
    ]  # fmt: skip
    assert table.lines[0].wanted() == {
        "address": WATER, "baud": 2400, "segment": 1,
        "name": "Bath", "site": "Flat 1", "cost_centre": "4711",
    }  # fmt: skip
    assert [line.is_unexpected for line in table.lines] == [False, True, False, False, False]
    assert [line.may_be_added for line in table.lines[2:]] == [True, False, True]
    assert table.lines[2].wanted("Hall")["address"] == "7"


def test_what_differs_is_taken_over_and_no_more():
    moved = lines([found(HEAT, 6, bauds=(300,))], [meter("5", primary=5, secondary=HEAT)], [])
    assert moved.lines[0].otherwise() == {
        "address": "5", "baud": 300, "primary": 6, "secondary": None
    }  # fmt: skip
    assert moved.takeable == moved.lines
    other = lines([found(HEAT, 5)], [meter("5", primary=5, secondary=WATER)], [])
    assert other.lines[0].otherwise() == {
        "address": "5", "baud": None, "primary": None, "secondary": HEAT
    }  # fmt: skip
    assert other.takeable == []
