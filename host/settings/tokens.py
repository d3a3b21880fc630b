"""What tokens of the API may be: pure rules."""

from __future__ import annotations

from shared.errors import BadSetting

LONGEST_NAME = 60
LONGEST_DAYS = 3650
MOST = 20
"""Tokens of one user."""


def check_name(name: str) -> str:
    """Return `name` without blanks around it. Raises `BadSetting` when no token is called so."""
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise BadSetting(f"a token's name has 1 to {LONGEST_NAME} visible characters")
    return name


def check_days(days: int | None) -> None:
    """Raise `BadSetting` unless a token can last so many days (None: until it is revoked)."""
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise BadSetting(f"a token lasts 1 to {LONGEST_DAYS} days, or until it is revoked")
