"""The form of a scan: defaults, what is refused in place, and how long it will take."""

import pytest

from host.web.scan_form import RANGE_ERROR, ScanForm


def form(*bauds, **sent):
    return ScanForm.of(sent, [str(baud) for baud in bauds or (2400,)])


def test_untouched_it_searches_everybody_at_2400_baud():
    assert ScanForm().wanted() == {
        "by": "secondary",
        "first": 1,
        "last": 250,
        "mask": "FFFFFFFF",
        "backward": False,
        "bauds": [2400],
        "segment": None,
    }


@pytest.mark.parametrize(
    ("first", "last"),
    [("9", "3"), ("0", "5"), ("1", "251"), ("", "5"), ("x", "5"), ("1", "²"), ("-1", "5")],
)
def test_a_wrong_range_is_a_range_error(first, last):
    assert form(by="primary", first=first, last=last).problems["range"][0] == RANGE_ERROR
    assert form(by="secondary", first=first, last=last).problems == {}, "it is not asked for"


def test_a_range_a_mask_and_several_rates():
    assert form(300, 9600, 300, by="primary", first="7", last="7").wanted() | {"mask": ""} == {
        "by": "primary", "first": 7, "last": 7, "mask": "", "backward": False,
        "bauds": [300, 9600], "segment": None,
    }  # fmt: skip
    sent = form(by="secondary", mask="6214", backward="on", segment="2").wanted()
    assert (sent["mask"], sent["backward"], sent["segment"]) == ("6214FFFF", True, 2)
    assert form(mask="6214*").wanted()["mask"] == "6214FFFF"
    assert form(mask="ffffffff2423ff07").wanted()["mask"] == "FFFFFFFF2423FF07"


@pytest.mark.parametrize("mask", ["6214X", "123456789", 17 * "1", "6214 0003", "=1"])
def test_a_mask_that_is_none(mask):
    assert "mask" in form(mask=mask).problems


def test_no_rate_or_an_unknown_one():
    assert "bauds" in form(38400).problems


def test_how_long_it_takes_is_near_what_was_measured():
    assert 25 <= ScanForm().seconds(20) <= 45, "27 to 41 s by tools/bench/scan.py"
    assert 260 <= ScanForm().seconds(250) <= 480, "255 to 457 s"
    sweep = form(by="primary", first="1", last="250")
    assert 100 <= sweep.seconds(20) <= 150
    assert form(300, by="primary", first="1", last="9").seconds(9) > 9 * 4
    both = form(300, 2400).seconds(20)
    assert both == pytest.approx(form(300).seconds(20) + ScanForm().seconds(20), abs=1)
