"""Raspberry Pi Pico W: RP2040 with Wi-Fi (CYW43439); one M-Bus segment. See README.md.

Which pin can be what: RP2040 datasheet 1.4.3. The Wi-Fi chip's driver claims a state machine of
PIO 1 for itself, so pulses are counted in PIO 0 (state machines 0-3).
"""

NAME = "pico_w"
MACHINES = ("Raspberry Pi Pico W with RP2040",)  # how sys.implementation._machine begins
CHIP = "rp2040"
FLASH_KB = 640  # for files
ROM_KB = 448  # for firmware that runs in place, see README.md
# Pins that the board itself uses, for what, and the role that may name them.
TAKEN = (((23, 24, 25, 29), "the Wi-Fi chip", ""),)

PARTS = (
    ("bus", "uart", {"uart": 0, "tx": 0, "rx": 1}),
    ("supply", "adc_supply", {"volts": 26, "amps": 27, "switch": 2}),
    ("converter", "converter_uart", {"uart": 1, "tx": 4, "rx": 5}),
    (
        "thermometer",
        "max31865",
        {"spi": 0, "sck": 18, "mosi": 19, "miso": 16, "cs": 6},
    ),
    (
        "thermometer",
        "max31865",
        {"spi": 0, "sck": 18, "mosi": 19, "miso": 16, "cs": 7},
    ),
    (
        "display",
        "st7565",
        {
            "spi": 0,
            "sck": 18,
            "mosi": 19,
            "cs": 17,
            "dc": 20,
            "light": 22,
        },
    ),
    ("pulse", "pulse_pio", {"sm": 0, "pin": 10}),
    ("pulse", "pulse_pio", {"sm": 1, "pin": 11}),
    ("pulse", "pulse_pio", {"sm": 2, "pin": 12}),
    ("pulse", "pulse_pio", {"sm": 3, "pin": 13}),
    ("relay", "relay_pin", {"pin": 14}),
    ("relay", "relay_pin", {"pin": 15}),
    ("keys", "keys_pins", {"enter": 8, "function": 9}),
    ("leds", "leds_pins", {"read": 3, "scan": 21}),
    ("network", "network_wifi", {}),
    ("power", "power_adc", {"pin": 28}),
)
