"""WIZnet W5500-EVB-Pico: RP2040 with Ethernet (W5500); three M-Bus segments. See README.md.

Which pin can be what: RP2040 datasheet 1.4.3. PIO state machines 0-3 carry segments 2 and 3 (two
each), 4-7 count pulses.
"""

NAME = "w5500_evb_pico"
MACHINES = ("W5500-EVB-Pico with RP2040",)  # how sys.implementation._machine begins
CHIP = "rp2040"
FLASH_KB = 1024  # for files
ROM_KB = 448  # for firmware that runs in place, see README.md
# Pins that the board itself uses, for what, and the role that may name them.
TAKEN = (
    ((16, 17, 18, 19, 20, 21), "the W5500", "network"),
    ((24,), "sensing of VBUS", ""),
    ((25,), "the LED on the board", "leds"),
    ((23,), "the power supply", ""),
    ((29,), "sensing of VSYS, a third of it", "power"),
)

PARTS = (
    ("bus", "uart", {"uart": 0, "tx": 0, "rx": 1}),
    ("bus", "pio_uart", {"sm": 0, "tx": 2, "rx": 3}),
    ("bus", "pio_uart", {"sm": 2, "tx": 4, "rx": 5}),
    (
        "supply",
        "ads1115_supply",
        {"i2c": 1, "sda": 6, "scl": 7, "address": 0x49, "volts": 0, "amps": 1, "switch": 22},
    ),
    (
        "supply",
        "ads1115_supply",
        {"i2c": 1, "sda": 6, "scl": 7, "address": 0x49, "volts": 0, "amps": 2, "switch": 26},
    ),
    (
        "supply",
        "ads1115_supply",
        {"i2c": 1, "sda": 6, "scl": 7, "address": 0x49, "volts": 0, "amps": 3, "switch": 27},
    ),
    ("thermometer", "ads1115", {"i2c": 1, "sda": 6, "scl": 7, "address": 0x48, "input": 0}),
    ("thermometer", "ads1115", {"i2c": 1, "sda": 6, "scl": 7, "address": 0x48, "input": 1}),
    ("display", "ssd1306", {"i2c": 1, "sda": 6, "scl": 7, "address": 0x3C}),
    ("pulse", "pulse_pio", {"sm": 4, "pin": 10}),
    ("pulse", "pulse_pio", {"sm": 5, "pin": 11}),
    ("pulse", "pulse_pio", {"sm": 6, "pin": 12}),
    ("pulse", "pulse_pio", {"sm": 7, "pin": 13}),
    ("relay", "relay_pin", {"pin": 14}),
    ("relay", "relay_pin", {"pin": 15}),
    ("keys", "keys_pins", {"enter": 8, "function": 9}),
    ("leds", "leds_pins", {"read": 28, "scan": 25}),
    (
        "network",
        "network_wiznet",
        {"spi": 0, "sck": 18, "mosi": 19, "miso": 16, "cs": 17, "reset": 20},
    ),
    ("power", "power_adc", {"pin": 29}),
)
