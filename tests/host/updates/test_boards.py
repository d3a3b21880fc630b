"""A board's table is read and checked: what cannot work is refused by board, part and pin."""

import ast
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from host.updates import boards as room
from host.updates.boards import BoardError, read
from host.updates.chips import CHIPS
from host.updates.pins import problems

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
ADS1115 = (
    '("thermometer", "ads1115", {"i2c": 1, "sda": %d, "scl": %d, "address": 0x48, "input": %d}),'
)
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
        ('("pulse", "pulse_pio", {"sm": 8, "pin": 5})', "sm = 8: expected 0..7 on rp2040"),
        ('("bus", "pio_uart", {"sm": 7, "tx": 2, "rx": 3})', "sm = 7: expected 0..6 on rp2040"),
        ('("bus", "uart", {"uart": 2, "tx": 4, "rx": 5})', "uart = 2: expected 0..1 on rp2040"),
        ('("relay", "relay_pin", {"pin": True})', "pin = True is not a number"),
        ('("relay", "relay_pin", {"pin": 5, "inverted": 2})', "inverted = 2: expected 0..1"),
        (
            '("supply", "adc_supply", {"volts": 26, "amps": 27, "divider": None})',
            "divider = None is not a number",
        ),
        (
            '("pulse", "pulse_pcnt", {"unit": 0, "pin": 5})',
            "pulse 1 (pulse_pcnt): this driver runs on esp32, not on rp2040",
        ),
        (
            '("relay", "plant_relay", {"relay": 1})',
            "relay 1 (plant_relay): this driver runs on unix, not on rp2040",
        ),
        ('("display", "ssd1306", {})', "the setting 'i2c' or 'spi' is missing"),
        (
            '("display", "ssd1306", {"i2c": 1, "sda": 6, "scl": 7, "spi": 0})',
            "'i2c' and 'spi': only one of them",
        ),
        ('("display", "ssd1306", {"i2c": 1})', "(ssd1306): the setting 'scl' is missing"),
        (
            '("display", "ssd1306", {"spi": 0, "sck": 18, "mosi": 19, "cs": 17})',
            "(ssd1306): the setting 'dc' is missing",
        ),
        (
            '("display", "ssd1306", {"spi": 0, "sck": 18, "mosi": 19, "cs": None, "dc": 20})',
            "cs = None is not a number",
        ),
        (
            '("display", "ssd1306", {"i2c": 1, "sda": 6, "scl": 7, "address": 0x48})',
            "address = 72: expected 60..61",
        ),
        (
            '("display", "st7565", {"spi": 0, "sck": 18, "mosi": 19, "cs": 17,'
            '"dc": 20, "bias": 8})',
            "bias = 8: expected 7 or 9",
        ),
        (ADS1115 % (6, 7, 3), "input = 3: expected 0..2"),
        (
            ADS1115 % (6, 7, 0) + ADS1115 % (10, 11, 1),
            "thermometer 2 (ads1115): sda = 10: sda of i2c 1 is at pin 6",
        ),
        (
            ADS1115 % (6, 7, 0) + ADS1115 % (6, 7, 0),
            "input 0 of the ADS1115 at address 72 of i2c 1 is taken by bench: thermometer 1",
        ),
        (
            ADS1115 % (6, 7, 0) + '("supply", "ads1115_supply", {"i2c": 1, "sda": 6, "scl": 7,'
            '"address": 0x48, "volts": 1, "amps": 3})',
            "amps = 3: input 3 of the ADS1115 at address 72 of i2c 1 is the reference of a PT1000",
        ),
        (
            '("supply", "adc_supply", {"volts": 26, "amps": 27}),'
            '("supply", "adc_supply", {"volts": 28, "amps": 29})',
            "bench: 2 supplies for 1 M-Bus outputs",
        ),
        ('*[("relay", "relay_pin", {"pin": 5})]', "PARTS is no constant"),
    ],
)
def test_what_cannot_work_is_refused_by_name(bench, parts: str, wanted: str):
    said = bench(BUS + parts.removesuffix(",") + ",")
    assert wanted in said
    assert "bench" in said.splitlines()[0]


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ('("relay", "relay_pin", {"pin": 35})', "pin = 35: this pin is an input only"),
        ('("relay", "relay_pin", {"pin": 7})', "pin = 7: the esp32 has no such pin"),
        ('("pulse", "pulse_pio", {"sm": 0, "pin": 5})', "runs on rp2040, not on esp32"),
        ('("bus", "uart", {"uart": 0, "tx": 5, "rx": 35})', "uart = 0: expected 1..2 on esp32"),
        ('("bus", "uart", {"uart": 7, "tx": 5, "rx": 35})', "uart = 7: expected 1..2 on esp32"),
        ('("pulse", "pulse_pcnt", {"unit": 9, "pin": 35})', "unit = 9: expected 0..7 on esp32"),
        (
            '("network", "network_wiznet",'
            '{"spi": 1, "sck": 18, "mosi": 19, "miso": 16, "cs": 17, "reset": 21})',
            "network 1 (network_wiznet): this driver runs on rp2040, not on esp32",
        ),
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


def test_inputs_of_one_chip_are_shared_where_they_may_be(bench):
    supply = (
        '("supply", "ads1115_supply", {"i2c": 1, "sda": 6, "scl": 7, "address": 0x49,'
        '"volts": 0, "amps": %d, "switch": %d}),'
    )
    second = '("bus", "pio_uart", {"sm": 0, "tx": 2, "rx": 3}),'
    sensors = ADS1115 % (6, 7, 0) + ADS1115 % (6, 7, 1)
    assert bench(BUS + second + supply % (1, 14) + supply % (2, 15) + sensors) == ""
    said = bench(BUS + second + supply % (1, 14) + supply % (1, 15) + sensors)
    assert "amps = 1: input 1 of the ADS1115 at address 73 of i2c 1 is taken by bench: sup" in said


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ('("relay", "relay_pin"),', "bench: PARTS 2 = ('relay', 'relay_pin') is no row of 3"),
        ('("relay", "relay_pin", 5),', "bench: PARTS 2: 5 is no dict"),
        ('("relay", ["relay_pin"], {"pin": 5}),', "bench: PARTS 2: ['relay_pin'] is no str"),
        ('"relay",', "bench: PARTS 2 = 'relay' is no row of 3"),
        ("{{}: 1},", "boards/bench.py:8: PARTS is no constant"),
        ("(", "boards/bench.py:8: "),
    ],
)
def test_a_row_that_is_none_is_told(bench, parts: str, wanted: str):
    assert wanted in bench(BUS + parts)


@pytest.mark.parametrize(
    ("field", "value", "wanted"),
    [
        ('("Bench with RP2040",)', '"Bench"', "bench: MACHINES = 'Bench' is no tuple; a tuple of"),
        ('"{chip}"', "7", "bench: CHIP: 7 is no str"),
        ("1000", '"much"', "bench: FLASH_KB: 'much' is no int"),
        ("((25,), ", "(25, ", "bench: TAKEN 1 = 25 is no tuple"),
        ("({parts})", "5", "bench: PARTS = 5 is no tuple"),
    ],
)
def test_a_constant_of_another_kind_is_told(bench, field: str, value: str, wanted: str):
    assert wanted in bench(BUS, text=TEXT.replace(field, value))


def test_a_supply_that_nothing_switches_is_refused(bench):
    supply = '("supply", "adc_supply", {"volts": 26, "amps": 27}),'
    assert "the setting 'switch' is missing" in bench(BUS + supply)


@pytest.mark.parametrize("name", [name for name in room.names() if name != "twin"])
def test_each_board_can_cut_its_bus_off_and_sees_a_power_cut(name: str):
    parts = read(name).parts
    assert all("switch" in settings for role, _, settings in parts if role == "supply")
    assert [role for role, _, _ in parts].count("power") == 1


def test_the_w5500_board_has_a_serial_port_in_place_of_its_third_segment():
    board = read("w5500_evb_pico")
    parts = [part for part in board.parts if part[2].get("tx") != 4 and part[2].get("amps") != 3]
    assert len(parts) == len(board.parts) - 2
    text = (ROOT / "boards" / "README.md").read_text().replace("\n", " ")
    told = re.search(r'`(\("converter", "converter_uart", .*?\))`', text)
    assert told
    parts.append(ast.literal_eval(told[1]))
    drivers = {path.stem for path in (ROOT / "firmware/hal/drivers").glob("*.py")}
    assert problems(replace(board, parts=tuple(parts)), drivers) == []


def test_missing_fields_unknown_chips_and_code_are_refused(bench):
    assert "boards/bench.py has no CHIP" in bench(BUS, text=TEXT.replace("CHIP =", "CHEAP ="))
    assert "CHIP 'z80' is not one of" in bench(BUS, "z80")
    assert "NAME is 'other'" in bench(BUS, text=TEXT.replace('"bench"', '"other"'))
    assert "no part plays the role bus" in bench('("relay", "relay_pin", {"pin": 5}),')
    assert "a board is constants only" in bench(BUS, text=TEXT + "\nimport os\n")
    with pytest.raises(BoardError, match="no board 'toaster': boards/ has "):
        read("toaster")
