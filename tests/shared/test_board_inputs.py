"""The board's own inputs tell real telegrams, which the decoder reads like any meter's."""

import pytest

from shared import board_inputs, board_settings
from shared.link.messages import BOARD
from shared.mbus import addresses, report, telegram
from shared.mbus.faults import tells_fault

UNIQUE = "e6614c311b7a4d2f"


def told(frame: bytes) -> dict:
    return report.frame_as_dict(frame)


@pytest.mark.parametrize(
    ("unit", "name", "value", "symbol"),
    [
        ("Wh", "Energy", "12345678.901", "Wh"),
        ("kWh", "Energy", "12345678901", "Wh"),
        ("l", "Volume", "12345.678901", "m^3"),
        ("m3", "Volume", "12345678.901", "m^3"),
        ("kg", "Mass", "12345678.901", "kg"),
        ("t", "Mass", "12345678901", "kg"),
        ("pulse", "Dimensionless", "12345678.901", ""),
    ],
)
def test_a_counter_in_each_unit(unit, name, value, symbol):
    number = board_inputs.serial(UNIQUE, "S0-3")
    frame = board_inputs.counter_telegram(number, "water", unit, 12345678901, 2**62, 300)
    said = told(frame)
    assert said["ok"]
    assert (said["manufacturer"], said["id"], said["version"]) == ("MBL", f"{number:08}", 1)
    assert (said["medium"], said["access_no"], said["status"]) == ("Water", 44, "00")
    first, second = said["records"]
    assert (first["quantity"], first["value"], first["unit"] or "") == (name, value, symbol)
    assert (second["quantity"], second["value"]) == ("Cumulation counter", str(2**62))
    assert not tells_fault(frame)


@pytest.mark.parametrize(
    ("state", "t", "value", "status"),
    [
        ("ok", -7250, "-7.25", "00"),
        ("ok", 100_000, "100", "00"),
        ("range", -40_001, "-40.001", "10"),
        ("open", None, None, "08"),
        ("short", None, None, "08"),
        ("missing", None, None, "08"),
    ],
)
def test_a_temperature_and_its_faults(state, t, value, status):
    frame = board_inputs.temperature_telegram(12345606, state, t, 1)
    said = told(frame)
    assert said["ok"]
    assert (said["id"], said["medium"], said["status"]) == ("12345606", "Room sensor", status)
    values = [r["value"] for r in said["records"] if r["quantity"] == "External temperature"]
    assert values == ([] if value is None else [value])
    assert tells_fault(frame) is (state != "ok")
    assert telegram.decode(frame).error is None


def test_every_input_of_every_board_has_a_number_of_its_own():
    numbers = {
        board_inputs.serial(board, address)
        for board in (UNIQUE, "e6614c311b7a4d30")
        for address in board_inputs.ADDRESSES
    }
    assert len(numbers) == 12
    assert all(0 < number <= 99_999_999 for number in numbers)


def test_inputs_are_no_addresses_of_meters():
    for address in board_inputs.ADDRESSES:
        assert board_inputs.is_input(address)
        with pytest.raises(Exception, match=address):
            addresses.parse_address(address)
    assert not board_inputs.is_input("5")


def test_settings_and_link_know_the_same_units_media_and_states():
    assert set(board_settings.BY_NAME["s0.1.unit"][1][1]) == set(board_inputs.UNITS)
    assert set(board_settings.BY_NAME["s0.4.medium"][1][1]) == set(board_inputs.MEDIA)
    for state in board_inputs.SENSOR_STATES:
        sensor = {"sensor": 1, "active": True, "state": state, "milli_celsius": None}
        empty = {"s0": [], "supplies": [], "relays": [], "alarms": [], "alarm_count": 0}
        BOARD.check_notification("inputs.state", {"temperatures": [sensor], **empty})
