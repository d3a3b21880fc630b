"""How long the reading of a meter will take, before anybody has read it.

A guess for telling early that a bus is too slow for its schedule; a measured duration is better.
"""

from shared.compat import const
from shared.mbus import timing

_ANSWER_BYTES = const(108)  # one telegram with a dozen records
_SHORT_BYTES = const(6)  # a short frame and its E5h
_RESET_BYTES = const(11)  # an application reset with sub-code and its E5h
_SELECTION_BYTES = const(18)
_DELAY_BITS = const(11)  # of the meter's answer, and
_DELAY_MS = const(50)


def reading_ms(
    baud: int,
    secondary: bool = False,
    snd_nke: bool = True,
    application_reset: "int | None" = None,
    settle_ms: int = 0,
) -> int:
    """Return the milliseconds that one healthy meter with one telegram takes at `baud`, about.

    secondary: it is selected first; the rest as `shared.mbus.exchange.read_meter`.
    """
    exchanges = [_SHORT_BYTES - 1 + _ANSWER_BYTES]
    if secondary:
        exchanges.append(_SELECTION_BYTES)
    if snd_nke:
        exchanges.append(_SHORT_BYTES)
    if application_reset is not None:
        exchanges.append(_RESET_BYTES)
    pauses_ms = timing.bits_ms(timing.IDLE_BITS + _DELAY_BITS, baud) + _DELAY_MS
    return timing.wire_ms(sum(exchanges), baud) + len(exchanges) * pauses_ms + settle_ms
