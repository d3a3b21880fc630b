"""How wide text is on the LCD: small characters of 5 by 8 dots, big digits of 8 by 14."""

from shared.compat import const

WIDTH = const(128)
HEIGHT = const(64)
STEP = const(6)  # from a small character to the next: 21 in a line
BIG_STEP = const(9)
_DOT_STEP = const(4)  # a big dot needs less


def text_width(text):
    """Return the dots that `text` takes in small characters, the gap behind it left out."""
    return STEP * len(text) - 1


def big_step(character):
    """Return the dots from a big digit or dot to the next."""
    return _DOT_STEP if character == "." else BIG_STEP


def big_width(text, scale=1):
    """Return the dots that `text` takes in big digits, `scale` times as large."""
    return scale * (sum([big_step(character) for character in text]) - 1)
