"""A board's table is read and checked: what cannot work is refused by board, part and pin."""

import shutil
from pathlib import Path

import pytest

from host.updates import boards as room
from host.updates.boards import BoardError, read
from host.updates.pins import CHIPS

ROOT = room.ROOT
TEXT = """
NAME = "bench"
MACHINES = ("Bench with RP2040",)
CHIP = "{chip}"
FLASH_KB = 1000
ROM_KB = 448
TAKEN = (((25,), "the LED", "leds"),)
PARTS = ({parts})
"""
BUS = '("bus", "uart", {"uart": 0, "tx": 0, "rx": 1}),'
ESP_BUS = '("bus", "uart", {"uart": 1, "tx": 4, "rx": 36}),'


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that checks a board with these parts and returns what it says."""
    shutil.copytree(ROOT / "firmware" / "hal" / "drivers", tmp_path / "firmware/hal/drivers")
    (tmp_path / "boards").mkdir()
    monkeypatch.setattr(room, "ROOT", tmp_path)

    def check(parts: str, chip: str = "rp2040", text: str = TEXT) -> str:
        (tmp_path / "boards" / "bench.py").write_text(text.format(chip=chip, parts=parts))
        try:
            read("bench")
        except BoardError as error:
            return str(error)
        return ""

    return check


@pytest.mark.parametrize("name", room.names())
def test_our_boards_can_be_built(name: str):
    board = read(name)
    assert board.name == name
    assert board.chip in CHIPS
    assert board.flash_kb > 500


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        (
            '("relay", "relay_pin", {"pin": 1})',
            "relay 1 (relay_pin): pin = 1: pin 1 is taken by be",
        ),
        ('("relay", "relay_pin", {"pin": 30})', "pin = 30: the rp2040 has no such pin"),
        ('("relay", "relay_pin", {"pin": 25})', "pin = 25: the board uses this pin for the LED"),
        ('("relay", "relay_pin", {})', "the setting 'pin' is missing"),
        ('("relay", "relay_pin", {"pin": 5, "colour": 1})', "unknown setting 'colour'"),
        ('("relay", "relay_pin", {"pin": "five"})', "pin = 'five' is not a number"),
        ('("relay", "relais", {"pin": 5})', "there is no firmware/hal/drivers/relais.py"),
        ('("lamp", "relay_pin", {"pin": 5})', "lamp 1 (relay_pin): unknown role, expected one of"),
        ('("pulse", "relay_pin", {"pin": 5})', "this driver plays the role relay"),
        (
            '("bus", "uart", {"uart": 1, "tx": 4, "rx": 6})',
            "rx = 6: rx of uart 1 is one of [5, 9, ",
        ),
        (
            '("bus", "uart", {"uart": 1, "tx": 12, "rx": 5})',
            "tx = 12: tx of uart 1 is one of [4, 8",
        ),
        ('("bus", "uart", {"uart": 0, "tx": 12, "rx": 13})', "uart = 0: UART 0 is taken by"),
        ('("supply", "adc_supply", {"volts": 5, "amps": 26})', "volts = 5: no analogue input"),
        (
            '("thermometer", "ads1115", {"i2c": 0, "sda": 6, "scl": 7, "address": 72, "input": 0})',
            "sda = 6: sda of i2c 0 is one of [0, 4, 8,",
        ),
        (
            '("thermometer", "max31865", {"spi": 0, "sck": 10, "mosi": 11, "miso": 8, "cs": 5})',
            "sck = 10: sck of spi 0 is one of [2, 6, 18, 22]",
        ),
        (
            '("bus", "pio_uart", {"sm": 0, "tx": 2, "rx": 3}),'
            '("pulse", "pulse_pio", {"sm": 1, "pin": 5})',
            "sm = 1: state machine 1 is taken by",
        ),
        ('("pulse", "pulse_pio", {"sm": 8, "pin": 5})', "the rp2040 has 8 state machines, none 8"),
        ('*[("relay", "relay_pin", {"pin": 5})]', "PARTS is no constant"),
    ],
)
def test_what_cannot_work_is_refused_by_name(bench, parts: str, wanted: str):
    said = bench(BUS + parts + ",")
    assert wanted in said
    assert "bench" in said.splitlines()[0]


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ('("relay", "relay_pin", {"pin": 35})', "pin = 35: this pin is an input only"),
        ('("relay", "relay_pin", {"pin": 7})', "pin = 7: the esp32 has no such pin"),
        ('("pulse", "pulse_pio", {"sm": 0, "pin": 5})', "the esp32 has 0 state machines"),
        ('("keys", "keys_pins", {"enter": 35, "function": 39})', ""),
    ],
)
def test_an_esp32_has_its_own_pins(bench, parts: str, wanted: str):
    said = bench(ESP_BUS + parts + ",", "esp32")
    assert wanted in said
    assert bool(said) == bool(wanted)


def test_lines_of_a_bus_are_shared_and_everything_wrong_is_told_at_once(bench):
    max31865 = (
        '("thermometer", "max31865", {"spi": 0, "sck": 18, "mosi": 19, "miso": 16, "cs": %d}),'
    )
    assert bench(BUS + max31865 % 6 + max31865 % 7) == ""
    said = bench(BUS + max31865 % 6 + max31865 % 6 + '("relay", "relay_pin", {"pin": 18}),')
    assert "thermometer 2 (max31865): cs = 6: pin 6 is taken by bench: thermometer 1" in said
    assert "relay 1 (relay_pin): pin = 18: pin 18 is taken by sck of spi 0" in said


def test_missing_fields_unknown_chips_and_code_are_refused(bench):
    assert "boards/bench.py has no CHIP" in bench(BUS, text=TEXT.replace("CHIP =", "CHEAP ="))
    assert "CHIP 'z80' is not one of" in bench(BUS, "z80")
    assert "NAME is 'other'" in bench(BUS, text=TEXT.replace('"bench"', '"other"'))
    assert "no part plays the role bus" in bench('("relay", "relay_pin", {"pin": 5}),')
    assert "a board is constants only" in bench(BUS, text=TEXT + "\nimport os\n")
    with pytest.raises(BoardError, match="no board 'toaster': boards/ has "):
        read("toaster")
