"""How long things take on the M-Bus, in whole milliseconds or microseconds, always rounded up.

All rules of EN 13757-2 count bit times; a character is eleven of them (start, 8 data, parity,
stop). Nothing here reads a clock.
"""

from shared.compat import const, ticks_diff
from shared.errors import BadSetting

BAUD_RATES = (300, 600, 1200, 2400, 4800, 9600)

CHARACTER_BITS = const(11)
IDLE_BITS = const(33)  # of silent line between two telegrams
ANSWER_BITS = const(330)  # until a meter must have begun to answer, and
_ANSWER_MS = const(50)  # this much more (EN 13757-2:2018 5.7.2)


def check_baud(baud):
    """Return `baud` (bits per second); raises BadSetting when it is no rate of the M-Bus."""
    if baud not in BAUD_RATES:
        raise BadSetting("%r baud: the M-Bus has 300, 600, 1200, 2400, 4800, 9600" % (baud,))
    return baud


def bits_ms(bits, baud):
    """Return the milliseconds that `bits` bit times take at `baud`."""
    return (bits * 1000 + baud - 1) // baud


def wire_ms(count, baud):
    """Return the milliseconds that `count` bytes take on the wire at `baud`."""
    return bits_ms(count * CHARACTER_BITS, baud)


def bits_us(bits, baud):
    """Return the microseconds that `bits` bit times take at `baud`."""
    return (bits * 1000000 + baud - 1) // baud


def idle_us(baud):
    """Return the microseconds of silence owed between a telegram and the next request."""
    return bits_us(IDLE_BITS, baud)


def silence_left_us(us, now, last):
    """Return the microseconds still to wait until the line was silent for `us`, 0 when it was.

    now, last: `ticks_us` now and at the end of the last byte. The counter may have wrapped in
    between, after 9 minutes of silence: then this waits for `us` once more at most, never less.
    """
    return min(us, max(0, us - ticks_diff(now, last)))


def answer_window_ms(baud):
    """Return the milliseconds of silence after which no answer will come any more.

    Counted from the end of the request, and anew from each byte received: a meter may begin at
    the last moment, and we know of its first character only when that has passed.
    """
    return bits_ms(ANSWER_BITS + CHARACTER_BITS, baud) + _ANSWER_MS
