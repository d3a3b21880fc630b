"""What the chips of our boards have, and what their pins can do: rows of their datasheets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Chip:
    """What a chip has of each kind (drivers.NUMBERED), for us, and what its pins can do.

    has_mux: its buses come out at certain pins only.
    """

    pins: frozenset[int]
    inputs_only: frozenset[int]
    adc: frozenset[int]
    numbers: dict[str, range]
    has_mux: bool


CHIPS = {
    # RP2040 datasheet 1.4.3, Table 2: functions of the GPIOs
    "rp2040": Chip(
        frozenset(range(30)),
        frozenset(),
        frozenset((26, 27, 28, 29)),
        {"uart": range(2), "i2c": range(2), "spi": range(2), "sm": range(8), "sm2": range(7)},
        True,
    ),
    # ESP32 datasheet 2.2: 6-11 are the flash's, 20, 24, 28-31, 37 and 38 are not led out of the
    # module; ADC 2 does not work beside Wi-Fi. UART 0 is the console; SPI 0 and 1 are the flash's,
    # MicroPython calls the two others 1 and 2.
    "esp32": Chip(
        frozenset(range(40)) - {*range(6, 12), 20, 24, *range(28, 32), 37, 38},
        frozenset(range(34, 40)),
        frozenset((32, 33, 34, 35, 36, 39)),
        {"uart": range(1, 3), "i2c": range(2), "spi": range(1, 3), "unit": range(8)},
        False,
    ),
    "unix": Chip(frozenset(), frozenset(), frozenset(), {}, False),
}


def led_out(chip: Chip, kind: str, settings: Mapping[str, Any]) -> set[int] | None:
    """Return the pins that can be `kind` of the bus in `settings`; None for any.

    RP2040 datasheet 1.4.3: functions repeat every 2, 4, 8 or 16 pins.
    """
    bus = next((bus for bus in ("uart", "spi", "i2c") if bus in settings), "")
    if not chip.has_mux or not bus or settings[bus] not in chip.numbers[bus]:
        return None
    number = settings[bus]
    if kind in ("tx", "rx"):
        start = 0 if kind == "tx" else 1
        return {p for p in range(start, 30, 4) if ((p + 4) >> 3 & 1) == number}
    if kind in ("miso", "sck", "mosi"):
        start = {"miso": 0, "sck": 2, "mosi": 3}[kind]
        return {p for p in range(start, 30, 4) if (p >> 3 & 1) == number}
    if kind in ("sda", "scl"):
        return set(range(2 * number + (kind == "scl"), 30, 4))
    return None
