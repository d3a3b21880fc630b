"""Tokens of the users of a web process whose database no test changes."""

from datetime import UTC, datetime

from flask import Flask

from host.store.accounts import User
from host.store.tokens import Token


def token_of(name: str, *, read_only: bool = False) -> str:
    """Return the token of the user `name`; see `known`."""
    return f"{name} reads" if read_only else name


def header(name: str, *, read_only: bool = False) -> dict[str, str]:
    """Return the headers of a program that shows the token of `name`."""
    return {"Authorization": f"Bearer {token_of(name, read_only=read_only)}"}


def known(app: Flask) -> None:
    """Let every user of `app` have two tokens: one for all it may, one that only reads."""
    people = app.extensions["people"]
    users: dict[str, User] = {user.name: user for user in people.all()}
    begun = datetime(2026, 11, 20, tzinfo=UTC)

    def token(secret: str, _now: datetime) -> tuple[Token, User] | None:
        name, _, reads = secret.partition(" ")
        user = people.user(users[name].id) if name in users else None
        return user and (Token(1, user.id, secret, bool(reads), begun, None, None), user)

    people.token = token
