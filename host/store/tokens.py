"""Tokens of the API: what a program shows in place of a name and password.

A token belongs to a user and never may do more. Here lies its hash alone: it is made of 256 random
bits, which nobody finds by trying, so a fast hash keeps it. It ends with its date, when it is
revoked, when its user has another password or is gone.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from host.settings.tokens import MOST, check_days, check_name
from host.store import accounts, audit
from host.store.accounts import User
from host.store.tables import TokenRow, from_ms, to_ms
from shared.errors import BadSetting, Busy

PREFIX = "mbl_"
"""How every token begins, so that one that leaked is known for what it is."""


@dataclass(frozen=True, slots=True)
class Token:
    """expires_at: None while it is not revoked; used_at: None before the first use."""

    id: int
    user_id: int
    name: str
    read_only: bool
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None

    def is_over(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


def of_user(session: Session, user_id: int) -> Sequence[Token]:
    """Return the tokens of a user, by name; those that are over as well."""
    query = select(TokenRow).where(TokenRow.user_id == user_id).order_by(TokenRow.name)
    return [_token(row) for row in session.scalars(query)]


def add(
    session: Session,
    who: str,
    user_id: int,
    name: str,
    *,
    read_only: bool,
    days: int | None,
    now: datetime | None = None,
) -> tuple[Token, str]:
    """Make a token of a user; return it, and what is to be shown once and stored nowhere.

    read_only: it changes nothing, whatever its user may. days: how long it lasts, None: until it
    is revoked. Raises `BadSetting`, `Busy` for a name that is taken, `Refused` when there is no
    such user.
    """
    user, name = _user(session, user_id), check_name(name)
    check_days(days)
    known = of_user(session, user_id)
    if any(one.name == name for one in known):
        raise Busy(f"{name}: there is a token of this name already")
    if len(known) >= MOST:
        raise BadSetting(f"a user has at most {MOST} tokens: revoke one that is not used")
    now = from_ms(to_ms(now or datetime.now(UTC)))
    expires_at = None if days is None else now + timedelta(days=days)
    secret = PREFIX + secrets.token_urlsafe(32)
    row = TokenRow(
        user_id=user_id,
        name=name,
        hashed=_hash(secret),
        read_only=read_only,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    told = {"token": name, "read_only": read_only}
    told |= {} if expires_at is None else {"expires": expires_at.date().isoformat()}
    audit.record(session, who, "token.added", user.name, after=told)
    return _token(row), secret


def revoke(session: Session, who: str, user_id: int, token_id: int) -> Token:
    """Delete a token of a user; return which it was. Raises `BadSetting` when it has none such."""
    query = select(TokenRow).where(TokenRow.id == token_id, TokenRow.user_id == user_id)
    user, row = _user(session, user_id), session.scalar(query)
    if row is None:
        raise BadSetting("there is no such token")
    token = _token(row)
    session.delete(row)
    session.flush()
    audit.record(session, who, "token.revoked", user.name, before={"token": token.name})
    return token


def find(session: Session, secret: str, now: datetime) -> tuple[Token, User] | None:
    """Return the token that `secret` is, and whose it is; None for none, or one that is over."""
    row = session.scalar(select(TokenRow).where(TokenRow.hashed == _hash(secret)))
    user = accounts.get(session, row.user_id) if row else None
    if row is None or user is None or (token := _token(row)).is_over(now):
        return None
    return token, user


def note_use(session: Session, token_id: int, at: datetime) -> None:
    """Note that a token was used; nothing when it is gone."""
    row = session.get(TokenRow, token_id)
    if row is not None:
        row.used_at = at


def _user(session: Session, user_id: int) -> User:
    user = accounts.get(session, user_id)
    if user is None:
        raise accounts.Refused("user_unknown")
    return user


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _token(row: TokenRow) -> Token:
    return Token(
        id=row.id,
        user_id=row.user_id,
        name=row.name,
        read_only=row.read_only,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )
