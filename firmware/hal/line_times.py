"""The times of a serial line as the drivers of an M-Bus segment need them."""

from shared.compat import const
from shared.errors import BadSetting
from shared.mbus.timing import BAUD_RATES, silence_left_us

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


async def silence(hal, us, last_us, look):
    """Do `BusUart.idle`: `last_us` is when the last byte was on the line, as `hal.ticks_us`.

    look(count): the driver's function that returns the bytes that have come, b"" for none.
    """
    while True:
        data = look(64)
        if data:
            return data
        left_us = silence_left_us(us, hal.ticks_us(), last_us)
        if not left_us:
            return b""
        # The last part of a millisecond is spent taking turns with the other tasks.
        await hal.sleep_ms(left_us // 1000)
