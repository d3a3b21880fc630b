"""Numbers out of the address of a page, which anybody may have typed."""

from flask import request

_MOST = 1 << 62
"""A database knows no larger keys, and some room to reckon with them."""


def asked_number(name: str) -> int | None:
    """Return the number that the address gives for `name`, None where it gives none that can be."""
    found = request.args.get(name, type=int)
    return found if found is not None and 0 <= found <= _MOST else None
