"""Every setting of the board has a row; a value is refused with its name and its range."""

import pytest

from shared import board_settings
from shared.board_settings import ROWS, check_setting, parse_setting
from shared.errors import BadSetting


@pytest.mark.parametrize(("name", "kind", "default"), ROWS)
def test_every_default_is_allowed(name: str, kind: object, default: object):
    check_setting(name, default)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("langage", "de", "langage: there is no such setting"),
        ("language", "it", "language: 'it' is not one of de, en, fr"),
        ("network.dhcp", 1, "network.dhcp: 1 is not true or false"),
        ("network.address", "192.168.1.256", "'192.168.1.256' is not an address"),
        ("network.address", "192.168.01.2", "is not an address"),
        ("network.address", "192.168.1", "is not an address"),
        ("network.address", 17, "is not an address"),
        ("network.ssid", "ü" * 17, "is not a name of at most 32 bytes"),
        ("network.key", "g" * 64, "this is not a key of 8 to 63 characters or 64 hex digits"),
        ("network.key", True, "this is not a key"),
        ("converter.idle_s", 86401, "86401 is not an integer from 0 to 86400"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name(name: str, value: object, reason: str):
    with pytest.raises(BadSetting) as caught:
        check_setting(name, value)
    assert reason in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("network.dhcp", "off", False),
        ("network.dhcp", "True", True),
        ("converter.baud", "9600", 9600),
        ("converter.idle_s", "0", 0),
        ("name", "12", "12"),
        ("network.address", "10.0.0.7", "10.0.0.7"),
    ],
)
def test_text_of_a_command_line_becomes_a_value(name: str, written: str, value: object):
    assert parse_setting(name, written) == value


@pytest.mark.parametrize("written", ["", "fast", "2401"])
def test_text_that_is_no_value_is_refused(written: str):
    with pytest.raises(BadSetting, match=r"converter\.baud"):
        parse_setting("converter.baud", written)


@pytest.mark.parametrize("key", ["", "8 chars!", "x" * 63, "0aF" * 21 + "1"])
def test_keys_of_a_wifi(key: str):
    check_setting("network.key", key)


def test_a_secret_is_neither_shown_nor_repeated_when_it_is_refused():
    values = {"network.key": "a good key", "network.ssid": "plant room"}
    assert board_settings.shown(values) == {"network.key": True, "network.ssid": "plant room"}
    assert board_settings.shown(board_settings.defaults())["network.key"] is False
    with pytest.raises(BadSetting) as caught:
        check_setting("network.key", "hunter2")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "mask", "gateway", "fault"),
    [
        ("192.168.1.17", "255.255.255.0", "192.168.1.1", None),
        ("192.168.1.17", "255.255.255.0", "0.0.0.0", None),
        ("127.0.0.1", "255.0.0.0", "0.0.0.0", "address"),
        ("224.0.0.1", "255.0.0.0", "0.0.0.0", "address"),
        ("192.168.1.17", "255.0.255.0", "0.0.0.0", "mask"),
        ("192.168.1.17", "0.0.0.0", "0.0.0.0", "mask"),
        ("192.168.1.17", "255.255.255.254", "0.0.0.0", "mask"),
        ("192.168.1.255", "255.255.255.0", "0.0.0.0", "edge"),
        ("192.168.1.0", "255.255.255.0", "0.0.0.0", "edge"),
        ("192.168.1.17", "255.255.255.0", "192.168.1.17", "gateway"),
        ("192.168.1.17", "255.255.255.0", "127.0.0.1", "gateway"),
        ("192.168.1.17", "255.255.255.0", "192.168.2.1", "elsewhere"),
    ],
)
def test_addresses_that_work_together(address: str, mask: str, gateway: str, fault: str | None):
    assert board_settings.network_fault(address, mask, gateway) == fault


def test_no_name_stands_twice():
    assert len(board_settings.BY_NAME) == len(ROWS)
