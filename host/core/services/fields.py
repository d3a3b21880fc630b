"""What the services' rows have in common: how many there may be, and what a value may be."""

from host.settings.accounts import LONGEST_NAME
from shared.link.table import choice, integer, many, nullable, text

MOST_METERS = 250
MOST_USERS = 10_000
MOST_EXPORTS = 20
MOST_INTERFACES = 16
MOST_ADDRESSES = 16
"""Of an interface, and of DNS servers."""
MOST_MESSAGES = 100
"""Of one status.list."""

COUNT = integer(0, 0x7FFFFFFF)
MOMENT = integer(0, 1 << 52)
METER = integer(1, 0xFFFF)
ADDRESS = text(16, 1)
BAUD = choice(300, 600, 1200, 2400, 4800, 9600, 19200, 38400)
CYCLE = integer(0, 172_800)  # 0: without pause
CHANGE = integer(1, 0x7FFFFFFF)  # its number in the audit
CHANGED = ("changes", many(MOST_METERS, CHANGE))  # what the audit has of it; empty: nothing
WHO = ("who", nullable(text(LONGEST_NAME, 1)))  # a user's name; null: the command line


def has_who(params: object) -> bool:
    """Tell whether the params of a row say for whom something is done."""
    return isinstance(params, tuple) and WHO in params
