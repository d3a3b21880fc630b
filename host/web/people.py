"""Users, their settings and their changes as the pages read them from the database; never written.

It also checks a password: two at a time, for each takes 19 MB and a core for 50 to 100 ms.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from host.settings.accounts import AccountSettings
from host.store import accounts, audit, passwords, settings, tokens, units
from host.store.accounts import User
from host.store.audit import Entry
from host.store.tokens import Token
from host.store.units import Unit
from host.web import turns
from host.web.reader import Reader

_AT_ONCE = 2

T = TypeVar("T")


class People:
    """Asks `reader`, and raises `StoreFault` where it does."""

    def __init__(self, reader: Reader) -> None:
        self._read = reader.read
        self._kept = reader.kept
        self._checking = threading.BoundedSemaphore(_AT_ONCE)

    def all(self) -> Sequence[User]:
        """Return every user, by name."""
        return self._read(accounts.all)

    def user(self, user_id: int) -> User | None:
        """Return the user with this number, or None."""
        return self._kept(("user", user_id), lambda session: accounts.get(session, user_id))

    def check(self, name: str, password: str) -> User | None:
        """Return the user called `name` whose password this is, or None.

        It takes as long for a user there is not.
        """
        user = self._read(lambda session: accounts.by_name(session, name))
        with turns.aside(), self._checking:
            fits = passwords.fits(user.password if user else passwords.NOBODY, password)
        return user if fits else None

    def token(self, secret: str, now: datetime) -> tuple[Token, User] | None:
        """Return the token that `secret` is and whose it is; see `host.store.tokens.find`."""
        return self._read(lambda session: tokens.find(session, secret, now))

    def tokens(self, user: User) -> Sequence[Token]:
        """Return the tokens of `user`, by name."""
        return self._read(lambda session: tokens.of_user(session, user.id))

    def seen_by(self, user: User) -> frozenset[int] | None:
        """Return the numbers of the meters that `user` may see, None for all of them."""
        return self._kept(("seen", user.id), lambda session: units.seen_by(session, user))

    def units(self, user: User) -> Sequence[Unit]:
        """Return the consumer units that `user` may know of: all, or those it is in."""
        known = self._read(units.all)
        return [one for one in known if user.is_administrator or user.id in one.users]

    def settings(self) -> AccountSettings:
        """Return what is asked of passwords."""
        return self._read(lambda session: settings.load(session, AccountSettings))

    def changes(self, limit: int, *, who: str | None, below: int | None) -> Sequence[Entry]:
        """Return the newest changes; see `host.store.audit.newest`."""
        return self._read(lambda session: audit.newest(session, limit, who=who, below=below))

    def authors(self) -> Sequence[str]:
        """Return everybody who ever changed something."""
        return self._read(audit.names)
