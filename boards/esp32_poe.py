"""Olimex ESP32-POE: ESP32 with Ethernet and PoE; one M-Bus segment. See README.md.

Input only: 34-39 (ESP32 datasheet 2.2). The Ethernet's clock needs GPIO17, so the board comes with
a WROOM module and GPIO16 is free; the microSD slot stays empty.
"""

NAME = "esp32_poe"
# How sys.implementation._machine begins: the build for this board, and the general one.
MACHINES = ("Olimex ESP32 ETH with ESP32", "Generic ESP32 module with ESP32")
CHIP = "esp32"
FLASH_KB = 1792  # for files
ROM_KB = 448  # for firmware that runs in place, see README.md
# Pins that the board itself uses, for what, and the role that may name them.
TAKEN = (
    ((1, 3), "the console (USB serial)", ""),
    ((12, 17, 18, 23), "the Ethernet PHY", "network"),
    ((19, 21, 22, 25, 26, 27), "the Ethernet data lines", ""),
    ((34,), "the button BUT1", "keys"),
)

PARTS = (
    ("bus", "uart", {"uart": 1, "tx": 4, "rx": 36}),
    (
        "supply",
        "ads1115_supply",
        {"i2c": 0, "sda": 14, "scl": 15, "address": 0x49, "volts": 0, "amps": 1, "switch": 32},
    ),
    ("thermometer", "ads1115", {"i2c": 0, "sda": 14, "scl": 15, "address": 0x48, "input": 0}),
    ("thermometer", "ads1115", {"i2c": 0, "sda": 14, "scl": 15, "address": 0x48, "input": 1}),
    ("display", "ssd1306", {"i2c": 0, "sda": 14, "scl": 15, "address": 0x3C}),
    ("pulse", "pulse_pcnt", {"unit": 0, "pin": 35}),
    ("pulse", "pulse_pcnt", {"unit": 1, "pin": 39}),
    ("pulse", "pulse_pcnt", {"unit": 2, "pin": 2}),
    ("pulse", "pulse_pcnt", {"unit": 3, "pin": 5}),
    ("relay", "relay_pin", {"pin": 13}),
    ("relay", "relay_pin", {"pin": 16}),
    ("keys", "keys_pins", {"enter": 34, "function": 0}),
    (
        "network",
        "network_lan_esp32",
        {"mdc": 23, "mdio": 18, "power": 12, "ref_clk": 17, "phy_addr": 0},
    ),
    ("power", "power_adc", {"pin": 33, "timer": 0}),
)
