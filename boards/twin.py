"""The board twin: the MicroPython Unix port under tools/twin. It has no pins.

What a board has in its wiring, the twin has in its environment: the names of those variables.
"""

NAME = "twin"

# How many times faster than the world's the firmware's clock runs: 1..1000.
TIME_SCALE_VARIABLE = "MBUSLINK_TIME_SCALE"

# The M-Bus, one URL a segment, separated by spaces: "tcp://HOST:PORT" (the other side fixes the
# baud rate) or "rfc2217://HOST:PORT".
_BUS = "MBUSLINK_BUS"

PARTS = (
    ("bus", "network_bus", {"urls": _BUS, "segment": 1}),
    ("bus", "network_bus", {"urls": _BUS, "segment": 2}),
    ("bus", "network_bus", {"urls": _BUS, "segment": 3}),
)
