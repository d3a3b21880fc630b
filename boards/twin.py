"""The board twin: the MicroPython Unix port under tools/twin. It has no pins.

What a board has in its wiring, the twin has in its environment: the names of those variables. What
is not on the M-Bus comes through one connection, whose variable firmware/hal/plant_io.py knows.
"""

NAME = "twin"
MACHINES = ("linux", "darwin")  # how sys.implementation._machine begins
CHIP = "unix"
FLASH_KB = 1024  # for files
ROM_KB = 448  # for firmware that runs in place, see README.md

# How many times faster than the world's the firmware's clock runs: 1..1000.
TIME_SCALE_VARIABLE = "MBUSLINK_TIME_SCALE"

# The M-Bus, one URL a segment, separated by spaces: "tcp://HOST:PORT" (the other side fixes the
# baud rate) or "rfc2217://HOST:PORT".
_BUS = "MBUSLINK_BUS"

# The second serial port, for a foreign master: "tcp://HOST:PORT", the plant's serial cable.
_SERIAL_DOOR = "MBUSLINK_SERIAL_DOOR"

# Ports of a board -> where this computer has them: a number, or nothing.
_PORTS = {
    80: "MBUSLINK_WEB_PORT",
    2217: "MBUSLINK_RFC2217_PORT",
    10001: "MBUSLINK_CONVERTER_PORT",
}

PARTS = (
    ("bus", "network_bus", {"urls": _BUS, "segment": 1}),
    ("bus", "network_bus", {"urls": _BUS, "segment": 2}),
    ("bus", "network_bus", {"urls": _BUS, "segment": 3}),
    ("converter", "plant_converter", {"url": _SERIAL_DOOR}),
    ("supply", "plant_supply", {"segment": 1}),
    ("supply", "plant_supply", {"segment": 2}),
    ("supply", "plant_supply", {"segment": 3}),
    ("pulse", "plant_pulse", {"input": 1}),
    ("pulse", "plant_pulse", {"input": 2}),
    ("pulse", "plant_pulse", {"input": 3}),
    ("pulse", "plant_pulse", {"input": 4}),
    ("thermometer", "plant_thermometer", {"sensor": 1}),
    ("thermometer", "plant_thermometer", {"sensor": 2}),
    ("relay", "plant_relay", {"relay": 1}),
    ("relay", "plant_relay", {"relay": 2}),
    ("keys", "plant_keys", {}),
    ("leds", "plant_leds", {}),
    ("display", "plant_display", {}),
    ("network", "plant_network", {"ports": _PORTS}),
)
