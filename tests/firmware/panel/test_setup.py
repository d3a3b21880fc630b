"""The network quick set-up: twelve digits three times, and what it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from firmware.panel.setup import DIGITS, NetworkSetup
from shared.board_settings import check_setting

START = ("192.168.1.17", "255.255.255.0", "192.168.1.1")


def enter(setup: NetworkSetup, text: str) -> None:
    """Bring each digit to that of `text` (twelve digits, dots left out) and confirm it."""
    part = setup.part
    for digit in text.replace(".", ""):
        for _ in range(10):
            if setup.digits()[setup.place] == int(digit):
                break
            setup.count_up()
        assert setup.part == part
        assert setup.digits()[setup.place] == int(digit)
        setup.confirm()


def test_confirming_everything_keeps_what_was_there() -> None:
    setup = NetworkSetup(*START)
    for pressed in range(3 * DIGITS):
        assert setup.result is None, pressed
        setup.confirm()
    assert setup.result == {
        "network.dhcp": False,
        "network.address": "192.168.1.17",
        "network.mask": "255.255.255.0",
        "network.gateway": "192.168.1.1",
    }


def test_other_values_digit_by_digit() -> None:
    setup = NetworkSetup(*START)
    for text in ("010.000.020.254", "255.255.240.000", "010.000.016.001"):
        assert setup.result is None
        enter(setup, text)
    assert setup.result == {
        "network.dhcp": False,
        "network.address": "10.0.20.254",
        "network.mask": "255.255.240.0",
        "network.gateway": "10.0.16.1",
    }


def test_zeros_ask_for_dhcp_and_leave_only_the_last_digit() -> None:
    setup = NetworkSetup(*START)
    enter(setup, "000.000.000.000")
    assert (setup.part, setup.place, setup.hint) == (2, DIGITS - 1, "dhcp_next")
    assert setup.result is None
    setup.confirm()
    assert setup.result == {"network.dhcp": True}


def test_zeros_entered_one_by_one_ask_for_dhcp_too() -> None:
    setup = NetworkSetup("", "", "")
    enter(setup, "000.000.000.000")
    setup.count_up()
    setup.confirm()  # not all are zero
    assert (setup.part, setup.place, setup.hint) == (2, 0, "dhcp_next")
    enter(setup, "000.000.000.000")
    assert setup.result == {"network.dhcp": True}


def test_only_digits_up_to_255_are_offered() -> None:
    setup = NetworkSetup("0.0.0.0", "", "")
    offered = []
    for prefix in ("", "0", "1", "2", "24", "25"):
        setup = NetworkSetup("0.0.0.0", "", "")
        for digit in prefix:
            while setup.digits()[setup.place] != int(digit):
                setup.count_up()
            setup.confirm()
        seen = set()
        for _ in range(11):
            seen.add(setup.digits()[setup.place])
            setup.count_up()
        offered.append(max(seen))
        assert seen == set(range(max(seen) + 1))
    assert offered == [2, 9, 9, 5, 9, 5]


def test_a_digit_that_became_impossible_goes_down() -> None:
    setup = NetworkSetup("192.168.1.17", "", "")
    setup.count_up()
    setup.confirm()
    assert setup.digits()[:3] == [2, 5, 2]


@pytest.mark.parametrize(
    ("parts", "hint"),
    [
        (("127.000.000.001",), "bad_address"),
        (("224.000.000.001",), "bad_address"),
        (("000.000.000.001",), "bad_address"),
        (("192.168.001.017", "255.255.000.255"), "bad_mask"),
        (("192.168.001.017", "000.000.000.000"), "bad_mask"),
        (("192.168.001.017", "255.255.255.255"), "bad_mask"),
        (("192.168.001.017", "255.255.255.254"), "bad_mask"),
        (("192.168.001.000", "255.255.255.000"), "bad_mask"),
        (("192.168.001.255", "255.255.255.000"), "bad_mask"),
        (("192.168.001.017", "255.255.255.000", "192.168.002.001"), "other_network"),
        (("192.168.001.017", "255.255.255.000", "192.168.001.017"), "bad_gateway"),
        (("192.168.001.017", "255.255.255.000", "127.000.000.001"), "bad_gateway"),
    ],
)
def test_a_part_that_makes_no_sense_is_entered_anew(parts: tuple[str, ...], hint: str) -> None:
    setup = NetworkSetup(*START)
    for text in parts:
        assert setup.hint is None
        enter(setup, text)
    assert (setup.part, setup.place, setup.hint) == (len(parts) - 1, 0, hint)
    assert setup.result is None
    setup.confirm()
    assert setup.hint is None


def test_no_gateway_is_fine() -> None:
    setup = NetworkSetup("192.168.1.17", "255.255.255.0", "0.0.0.0")
    for _ in range(3 * DIGITS):
        setup.confirm()
    assert setup.result is not None
    assert setup.result["network.gateway"] == "0.0.0.0"


def test_back_goes_through_digits_and_parts() -> None:
    setup = NetworkSetup(*START)
    setup.back()
    assert (setup.part, setup.place) == (0, 0)
    for _ in range(DIGITS):
        setup.confirm()
    setup.back()
    assert (setup.part, setup.place) == (0, DIGITS - 1)
    setup.back()
    assert (setup.part, setup.place) == (0, DIGITS - 2)


@given(some.lists(some.sampled_from(["count_up", "confirm", "confirm", "back"]), max_size=400))
def test_whatever_is_pressed_the_result_may_be_set(presses: list[str]) -> None:
    setup = NetworkSetup(*START)
    for press in presses:
        getattr(setup, press)()
        assert 0 <= setup.part <= 2
        assert 0 <= setup.place < DIGITS
        if setup.result:
            for name, value in setup.result.items():
                check_setting(name, value)
            return
