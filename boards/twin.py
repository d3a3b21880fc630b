"""The board twin: the MicroPython Unix port under tools/twin. It has no pins.

What a board has in its wiring, the twin has in its environment: the names of those variables.
"""

NAME = "twin"

# The M-Bus: "tcp://HOST:PORT" (the other side fixes the baud rate) or "rfc2217://HOST:PORT".
BUS_URL_VARIABLE = "MBUSLINK_BUS"
# How many times faster than the world's the firmware's clock runs: 1..1000.
TIME_SCALE_VARIABLE = "MBUSLINK_TIME_SCALE"
