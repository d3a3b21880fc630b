"""What the pins of a chip can do, and what each driver asks of them: the check of a board's table.

Each part is looked up in `DRIVERS`: the role its driver plays and what each of its settings is. So
a pin used twice, a pin that the chip does not have, that the board needs itself or that cannot do
what is asked of it is found at the desk, and not at the cabinet.
"""

from dataclasses import dataclass
from typing import Any

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


def _numbers(*names: str) -> dict[str, str]:
    """Return these settings as numbers that may be left out."""
    return dict.fromkeys(names, "number?")


_UART = {"uart": "uart", "tx": "tx", "rx": "rx"}
_SPI = {"spi": "spi", "sck": "sck", "mosi": "mosi", "miso": "miso"}
_I2C = {"i2c": "i2c", "sda": "sda", "scl": "scl", "address": "number"}
_OPTIONAL_BUSES = {"i2c": "i2c?", "sda": "sda?", "scl": "scl?", "spi": "spi?", "sck": "sck?"} | {
    "mosi": "mosi?",
    "cs": "out?",
    "dc": "out?",
    "reset": "out?",
}
_SCALE = {"divider": "number?", "ua_per_mv": "number?", "switch": "out?"}
# driver -> (role, {setting: kind}). A kind is how a pin is used, or "number", "sm", "text", a bus;
# with "?" the setting may be left out. Drivers of boards without pins have no settings to check.
DRIVERS: dict[str, tuple[str, dict[str, str] | None]] = {
    "uart": ("bus", _UART),
    "pio_uart": ("bus", {"sm": "sm2", "tx": "out", "rx": "in"}),
    "adc_supply": ("supply", {"volts": "adc", "amps": "adc", **_SCALE}),
    "ads1115_supply": ("supply", {**_I2C, "volts": "number", "amps": "number", **_SCALE}),
    "ads1115": ("thermometer", {**_I2C, "input": "number", "reference_ohm": "number?"}),
    "max31865": (
        "thermometer",
        {**_SPI, "cs": "out", "reference_ohm": "number?", "three_wires": "number?"},
    ),
    "pulse_pio": ("pulse", {"sm": "sm", "pin": "in"}),
    "pulse_pcnt": ("pulse", {"unit": "unit", "pin": "in"}),
    "pulse_irq": ("pulse", {"pin": "in"}),
    "relay_pin": ("relay", {"pin": "out", "inverted": "number?"}),
    "keys_pins": ("keys", {"enter": "in", "function": "in"}),
    "leds_pins": ("leds", {"read": "out", "scan": "out"}),
    "ssd1306": (
        "display",
        {**_OPTIONAL_BUSES, **_numbers("address", "contrast", "baudrate", "turned")},
    ),
    "st7565": (
        "display",
        {"spi": "spi", "sck": "sck", "mosi": "mosi", "cs": "out", "dc": "out", "reset": "out?"}
        | {"light": "out?"}
        | _numbers("baudrate", "contrast", "ratio", "bias", "column", "mirror_x", "mirror_y"),
    ),
    "network_wiznet": ("network", {**_SPI, "cs": "out", "reset": "out"}),
    "network_wifi": ("network", {}),
    "network_lan_esp32": (
        "network",
        {"mdc": "out", "mdio": "out", "power": "out", "ref_clk": "out", "phy_addr": "number"},
    ),
    "converter_uart": ("converter", _UART),
    "power_pin": ("power", {"pin": "in"}),
}
PIN_KINDS = {"tx", "rx", "sck", "mosi", "miso", "sda", "scl", "adc", "in", "out"}
OUTPUTS = PIN_KINDS - {"rx", "miso", "adc", "in"}
# Beside pins, what only one part can have: kind -> its name in messages. "sm2" takes two in a row.
CLAIMS = {"sm": "state machine", "sm2": "state machine", "uart": "UART", "unit": "counter unit"}
SHARED = {"sck", "mosi", "miso", "sda", "scl"}  # lines of a bus: several parts hang on them


@dataclass(frozen=True)
class Chip:
    """What the pins of a chip can do. `has_mux`: its buses come out at certain pins only."""

    pins: frozenset[int]
    inputs_only: frozenset[int]
    adc: frozenset[int]
    state_machines: int
    has_mux: bool


CHIPS = {
    # RP2040 datasheet 1.4.3, Table 2: functions of the GPIOs
    "rp2040": Chip(frozenset(range(30)), frozenset(), frozenset((26, 27, 28, 29)), 8, True),
    # ESP32 datasheet 2.2: 6-11 are the flash's, 20, 24, 28-31, 37 and 38 are not led out of the
    # module; ADC 2 does not work beside Wi-Fi
    "esp32": Chip(
        frozenset(range(40)) - {*range(6, 12), 20, 24, *range(28, 32), 37, 38},
        frozenset(range(34, 40)),
        frozenset((32, 33, 34, 35, 36, 39)),
        0,
        False,
    ),
    "unix": Chip(frozenset(), frozenset(), frozenset(), 0, False),
}


@dataclass(frozen=True)
class Board:
    """The constants of boards/`name`.py."""

    name: str
    machines: tuple[str, ...]
    chip: str
    flash_kb: int
    rom_kb: int
    taken: tuple[tuple[tuple[int, ...], str, str], ...]
    parts: tuple[tuple[str, str, dict[str, Any]], ...]


def problems(board: Board, drivers: set[str]) -> list[str]:
    """Return what is wrong with the parts of `board`, one line each.

    `drivers` are those there are (firmware/hal/drivers).
    """
    if board.chip not in CHIPS:
        return [f"{board.name}: CHIP {board.chip!r} is not one of {', '.join(CHIPS)}"]
    found: list[str] = []
    used: dict[tuple[str, int], str] = {}  # ("pin", number) -> who has it
    counts: dict[str, int] = {}
    state_machines = CHIPS[board.chip].state_machines
    for role, driver, settings in board.parts:
        counts[role] = counts.get(role, 0) + 1
        part = f"{board.name}: {role} {counts[role]} ({driver})"
        if role not in ROLES:
            found.append(f"{part}: unknown role, expected one of {', '.join(ROLES)}")
        elif counts[role] > ROLES[role]:
            found.append(f"{part}: a board has at most {ROLES[role]} of this role")
        elif driver not in drivers:
            found.append(f"{part}: there is no firmware/hal/drivers/{driver}.py")
        elif board.chip != "unix":
            found += [f"{part}: {line}" for line in _settings(board, role, driver, settings)]
            found += [f"{part}: {line}" for line in _claims(part, driver, settings, used)]
    found += [
        f"{board.name}: {who}: the {board.chip} has {state_machines} state machines, none {number}"
        for (what, number), who in used.items()
        if what == CLAIMS["sm"] and number >= state_machines
    ]
    if not counts.get("bus"):
        found.append(f"{board.name}: no part plays the role bus")
    return found


def _settings(board: Board, role: str, driver: str, settings: dict[str, Any]) -> list[str]:
    """What is wrong with the settings of one part."""
    if driver not in DRIVERS:
        return ["its settings are not described in host/updates/pins.py"]
    its_role, kinds = DRIVERS[driver]
    if its_role != role:
        return [f"this driver plays the role {its_role}"]
    kinds = kinds or {}
    found = [f"unknown setting {name!r}" for name in settings if name not in kinds]
    for name, kind in kinds.items():
        if name not in settings:
            if not kind.endswith("?"):
                found.append(f"the setting {name!r} is missing")
        elif settings[name] is None and kind.endswith("?"):
            continue
        elif not isinstance(settings[name], int):
            found.append(f"{name} = {settings[name]!r} is not a number")
        elif kind.strip("?") in PIN_KINDS:
            found += _pin(board, role, name, kind.strip("?"), settings)
    return found


def _pin(board: Board, role: str, name: str, kind: str, settings: dict[str, Any]) -> list[str]:
    """What is wrong with pin `settings[name]`, used as `kind`."""
    chip, pin = CHIPS[board.chip], settings[name]
    if pin not in chip.pins:
        return [f"{name} = {pin}: the {board.chip} has no such pin"]
    for pins, what, allowed in board.taken:
        if pin in pins and role != allowed:
            return [f"{name} = {pin}: the board uses this pin for {what}"]
    if kind in OUTPUTS and pin in chip.inputs_only:
        return [f"{name} = {pin}: this pin is an input only"]
    if kind == "adc" and pin not in chip.adc:
        return [f"{name} = {pin}: no analogue input, expected one of {sorted(chip.adc)}"]
    legal = _mux(kind, settings) if chip.has_mux else None
    if legal is not None and pin not in legal:
        bus = next(bus for bus in ("uart", "spi", "i2c") if bus in settings)
        return [f"{name} = {pin}: {kind} of {bus} {settings[bus]} is one of {sorted(legal)}"]
    return []


def _mux(kind: str, settings: dict[str, Any]) -> set[int] | None:
    """Return the pins of an RP2040 that can be `kind` of the bus in `settings`; None for any.

    RP2040 datasheet 1.4.3: functions repeat every 2, 4, 8 or 16 pins.
    """
    if kind in ("tx", "rx") and "uart" in settings:
        start = 0 if kind == "tx" else 1
        return {p for p in range(start, 30, 4) if ((p + 4) >> 3 & 1) == settings["uart"]}
    if kind in ("miso", "sck", "mosi") and "spi" in settings:
        start = {"miso": 0, "sck": 2, "mosi": 3}[kind]
        return {p for p in range(start, 30, 4) if (p >> 3 & 1) == settings["spi"]}
    if kind in ("sda", "scl") and "i2c" in settings:
        start = 2 * settings["i2c"] + (kind == "scl")
        return set(range(start, 30, 4))
    return None


def _claims(
    part: str, driver: str, settings: dict[str, Any], used: dict[tuple[str, int], str]
) -> list[str]:
    """Note in `used` what the part takes; return what another part has already."""
    found: list[str] = []
    kinds = (DRIVERS[driver][1] if driver in DRIVERS else None) or {}
    for name, kind in kinds.items():
        value = settings.get(name)
        kind = kind.strip("?")
        if not isinstance(value, int) or kind not in PIN_KINDS | CLAIMS.keys():
            continue
        what = CLAIMS.get(kind, "pin")
        # A line of a bus may be named again as the same line of the same bus.
        owner = f"{kind} of {_bus(settings)}" if kind in SHARED else f"{part}, {name}"
        for number in range(value, value + (2 if kind == "sm2" else 1)):
            before = used.setdefault((what, number), owner)
            if before != owner:
                found.append(f"{name} = {value}: {what} {number} is taken by {before}")
    return found


def _bus(settings: dict[str, Any]) -> str:
    return next((f"{bus} {settings[bus]}" for bus in ("spi", "i2c") if bus in settings), "")
