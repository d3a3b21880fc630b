"""Programs at the API: the token that one shows, and why a request of one is not let in.

A token is told in the header Authorization (RFC 6750) and nowhere else: not in an address, which
is logged, and not in a cookie, which a browser sends by itself. Only the API heeds it.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from datetime import UTC, datetime

from flask import request
from werkzeug.exceptions import Forbidden, TooManyRequests, Unauthorized

from host.store.accounts import User
from host.store.tokens import Token
from host.web.core_line import CoreLine
from host.web.people import People
from shared.errors import MbuslinkError

ROOT = "/api/"
"""How the addresses begin that are for programs; what stands there is told in their way."""
REALM = 'Bearer realm="mbuslink"'
_LONGEST = 200
_NOTE_EVERY_S = 600.0
"""So often at most a token's use is stored: a card wears out by being written to."""


class SignInFirst(Unauthorized):
    """Neither a token nor a session."""

    key = "sign_in_first"


class TokenWrong(Unauthorized):
    """There is no such token any more."""

    key = "token_wrong"


class PasswordFirst(Forbidden):
    """Somebody who must choose a password before anything else."""

    key = "password_first"


class ReadsOnly(Forbidden):
    """A token that may only read was to change something."""

    key = "reads_only"


class TooFast(TooManyRequests):
    """More requests than one may send; `retry_after`: seconds to wait."""

    key = "too_fast"


def are_asking() -> bool:
    """Tell whether the request under way is for a program."""
    return request.path.startswith(ROOT)


def shown_token() -> str | None:
    """Return the token that the request shows, None for none."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip()[:_LONGEST] if kind.lower() == "bearer" else None


class Programs:
    """Knows tokens by the database, and tells `core` now and then that one was used."""

    def __init__(self, people: People, core: CoreLine) -> None:
        self._people = people
        self._core = core
        self._noted: dict[int, float] = {}
        self._lock = threading.Lock()

    def holder(self, secret: str) -> tuple[Token, User] | None:
        """Return the token that `secret` is, and whose it is; None for none that is valid.

        Raises `StoreFault`.
        """
        found = self._people.token(secret, datetime.now(UTC))
        if found:
            self._note(found[0].id)
        return found

    def _note(self, token_id: int) -> None:
        now = time.monotonic()
        with self._lock:
            if now - self._noted.get(token_id, -_NOTE_EVERY_S) < _NOTE_EVERY_S:
                return
            self._noted[token_id] = now
        with suppress(MbuslinkError, TimeoutError):  # no reason to refuse the request
            self._core.request("tokens.used", id=token_id)
