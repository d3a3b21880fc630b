"""What each driver asks of a board's table: the role it plays, the chips it runs on, its settings.

Rows only; `pins` checks a board by them. The drivers themselves are firmware/hal/drivers, which
tell their settings in their first lines.
"""

from dataclasses import dataclass, field

# role -> how many a board may have at most
ROLES = {
    "bus": 3,
    "supply": 3,
    "pulse": 4,
    "thermometer": 2,
    "relay": 2,
    "keys": 1,
    "leds": 1,
    "display": 1,
    "network": 1,
    "converter": 1,
    "power": 1,
}

# A setting is of one kind; with "?" it may be left out, a pin then also be None.
PIN_KINDS = {"tx", "rx", "sck", "mosi", "miso", "sda", "scl", "adc", "in", "out"}
OUTPUTS = PIN_KINDS - {"rx", "miso", "adc", "in"}
SHARED = {"sck", "mosi", "miso", "sda", "scl"}  # lines of a bus: several parts hang on them
# What a chip has a few of, numbered: chips.Chip tells which. "sm2" takes two in a row.
NUMBERED = {
    "uart": "UART",
    "i2c": "I2C",
    "spi": "SPI",
    "unit": "counter unit",
    "sm": "state machine",
    "sm2": "state machine",
}
# Kinds that are numbers in the same range on every chip; "number" is any.
RANGES = {
    "flag": range(2),
    "byte": range(256),
    "segment": range(1, 4),
    "ssd1306": range(0x3C, 0x3E),  # addresses on I2C
    "ads1115": range(0x48, 0x4C),
    # Inputs of an ADS1115: one's own; one that several may look at; one whose reference is input 3.
    "input": range(4),
    "common_input": range(4),
    "referred_input": range(3),
    "phy": range(32),
    "bias": range(7, 10, 2),
    "electronic_volume": range(64),
    "ratio": range(8),
    "column": range(0, 5, 4),
}
TEXTS = {"text": str, "table": dict}

_UART = {"uart": "uart", "tx": "tx", "rx": "rx"}
_SPI_OUT = {"spi": "spi", "sck": "sck", "mosi": "mosi"}
_SPI = {**_SPI_OUT, "miso": "miso"}
_I2C = {"i2c": "i2c", "sda": "sda", "scl": "scl"}
_ADS1115 = {**_I2C, "address": "ads1115"}
_SCALE = {"divider": "number?", "ua_per_mv": "number?", "switch": "out"}
REAL = ("rp2040", "esp32")


@dataclass(frozen=True)
class Driver:
    """One row. settings: name -> kind.

    ways: further settings, of which a part has one set: the one whose first name it gives.
    """

    role: str
    chips: tuple[str, ...]
    settings: dict[str, str] = field(default_factory=dict[str, str])
    ways: tuple[dict[str, str], ...] = ()


def _twin(role: str, **settings: str) -> Driver:
    return Driver(role, ("unix",), settings)


DRIVERS = {
    "uart": Driver("bus", REAL, _UART),
    "pio_uart": Driver("bus", ("rp2040",), {"sm": "sm2", "tx": "out", "rx": "in"}),
    "adc_supply": Driver("supply", REAL, {"volts": "adc", "amps": "adc", **_SCALE}),
    "ads1115_supply": Driver(
        "supply", REAL, {**_ADS1115, "volts": "common_input", "amps": "input", **_SCALE}
    ),
    "ads1115": Driver(
        "thermometer", REAL, {**_ADS1115, "input": "referred_input", "reference_ohm": "number?"}
    ),
    "max31865": Driver(
        "thermometer",
        REAL,
        {**_SPI, "cs": "out", "reference_ohm": "number?", "three_wires": "flag?"},
    ),
    "pulse_pio": Driver("pulse", ("rp2040",), {"sm": "sm", "pin": "in"}),
    "pulse_pcnt": Driver("pulse", ("esp32",), {"unit": "unit", "pin": "in"}),
    "pulse_irq": Driver("pulse", REAL, {"pin": "in"}),
    "relay_pin": Driver("relay", REAL, {"pin": "out", "inverted": "flag?"}),
    "keys_pins": Driver("keys", REAL, {"enter": "in", "function": "in"}),
    "leds_pins": Driver("leds", REAL, {"read": "out", "scan": "out"}),
    "ssd1306": Driver(
        "display",
        REAL,
        {"reset": "out?", "contrast": "byte?", "baudrate": "number?", "turned": "flag?"},
        ({**_I2C, "address": "ssd1306?"}, {**_SPI_OUT, "cs": "out", "dc": "out"}),
    ),
    "st7565": Driver(
        "display",
        REAL,
        {**_SPI_OUT, "cs": "out", "dc": "out", "reset": "out?", "light": "out?"}
        | {"baudrate": "number?", "contrast": "electronic_volume?", "ratio": "ratio?"}
        | {"bias": "bias?", "column": "column?", "mirror_x": "flag?", "mirror_y": "flag?"},
    ),
    "network_wiznet": Driver("network", ("rp2040",), {**_SPI, "cs": "out", "reset": "out"}),
    "network_wifi": Driver("network", REAL),
    "network_lan_esp32": Driver(
        "network",
        ("esp32",),
        {"mdc": "out", "mdio": "out", "power": "out", "ref_clk": "out", "phy_addr": "phy"},
    ),
    "converter_uart": Driver("converter", REAL, _UART),
    "power_pin": Driver("power", REAL, {"pin": "in"}),
    "power_adc": Driver(
        "power",
        REAL,
        {"pin": "adc", "divider": "number?", "below_mv": "number?", "timer": "number?"},
    ),
    "network_bus": _twin("bus", urls="text", segment="segment"),
    "plant_converter": _twin("converter", url="text"),
    "plant_supply": _twin("supply", segment="segment"),
    "plant_pulse": _twin("pulse", input="number"),
    "plant_thermometer": _twin("thermometer", sensor="number"),
    "plant_relay": _twin("relay", relay="number"),
    "plant_keys": _twin("keys"),
    "plant_leds": _twin("leds"),
    "plant_display": _twin("display"),
    "plant_network": _twin("network", ports="table"),
}
