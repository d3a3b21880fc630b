"""Passwords as they are kept: argon2id, salted. A hash or a check takes 50 to 100 ms of one core.

The costs are those that OWASP names first (19 MiB, two passes): what fits a small computer.
"""

from __future__ import annotations

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that looks like another
_GROUPS = 4

NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$"
    "bm9ib2R5IG5vYm9keSBubw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
"""A hash that no password fits: to check one for a user there is not takes as long."""


def make(password: str) -> str:
    """Return the hash of `password`, as text of at most 200 characters."""
    return _hasher.hash(_normal(password))


def fits(hashed: str, password: str) -> bool:
    """Tell whether `hashed` was made of `password`."""
    try:
        return _hasher.verify(hashed, _normal(password))
    except (VerificationError, InvalidHashError):
        return False


def invent() -> str:
    """Return a new password of four groups of four letters and digits: 80 bits."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(_GROUPS))
    return "-".join(groups)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)
