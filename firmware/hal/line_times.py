"""The times of a serial line as the drivers of an M-Bus segment need them. Pure."""

from shared.compat import const
from shared.errors import BadSetting
from shared.mbus.timing import BAUD_RATES

BITS = const(11)  # a character: start, 8 data, parity, stop
LATENCY_MS = const(5)  # between two looks at a UART, and the turn of the other tasks


def checked(baud):
    """Return `baud`; BadSetting when it is no rate of the M-Bus."""
    if baud not in BAUD_RATES:
        raise BadSetting("baud rate " + str(baud) + ": expected one of " + str(BAUD_RATES))
    return baud


def characters_ms(count, baud):
    """Return how many milliseconds `count` characters take at `baud`, rounded up."""
    return -(-count * BITS * 1000 // baud)


def look_ms(baud):
    """Return how often to look for characters: about once a character, 1..4 ms."""
    return max(1, min(4, BITS * 1000 // baud))
