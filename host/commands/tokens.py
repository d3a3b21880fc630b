"""`token`: what programs show to the API, through the core where one runs, else in the database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from host.commands.writing import write
from host.core import client
from host.settings.accounts import COMMAND_LINE, Refused
from host.store import accounts, database, tokens
from host.store.accounts import User
from host.store.tokens import Token
from shared.errors import BadSetting


async def token(
    data: Path,
    what: str,
    user: str,
    name: str | None,
    *,
    read_only: bool,
    days: int | None,
    as_json: bool,
) -> int:
    """Do `what` ("list", "add", "revoke") with the tokens of `user`; return the exit status.

    Raises `BadSetting` and `Busy` for what the rules of `host.store.tokens` do not let be.
    """
    holder, known = _known(data, user)
    if what == "list":
        _list(known, as_json=as_json)
        return 0
    if not name:
        raise BadSetting(f"token {what}: which? Give a name that says what it is for")
    if what == "add":
        print(await _add(data, holder, name, read_only=read_only, days=days))
    else:
        await _revoke(data, holder, name, known)
        print(f"{name}: revoked")
    return 0


def _list(known: Sequence[Token], *, as_json: bool) -> None:
    if as_json:
        told = [
            {
                "name": one.name,
                "read_only": one.read_only,
                "created": one.created_at.isoformat(),
                "expires": one.expires_at and one.expires_at.isoformat(),
                "used": one.used_at and one.used_at.isoformat(),
            }
            for one in known
        ]
        print(json.dumps({"tokens": told}))
        return
    width = max((len(one.name) for one in known), default=0)
    for one in known:
        may = "reads" if one.read_only else "as its user"
        last = _day(one.expires_at) or "revoked"
        over = "expired" if one.is_over(datetime.now(UTC)) else f"until {last}"
        print(
            f"{one.name:<{width}}  {may:<11}  {over:<16}  last used {_day(one.used_at) or 'never'}"
        )


async def _add(data: Path, user: User, name: str, *, read_only: bool, days: int | None) -> str:
    """Return what is shown once."""
    given: dict[str, Any] = {"user": user.id, "name": name, "read_only": read_only, "days": days}
    async with client.connect(data) as core:
        if core is not None:
            return (await core.call("tokens.add", **given))["secret"]

    def work(session: Session) -> str:
        return tokens.add(session, COMMAND_LINE, user.id, name, read_only=read_only, days=days)[1]

    return await write(data, work)


async def _revoke(data: Path, user: User, name: str, known: Sequence[Token]) -> None:
    number = next((one.id for one in known if one.name == name), None)
    if number is None:
        raise BadSetting(f"{name}: {user.name} has no such token; token list has them")
    async with client.connect(data) as core:
        if core is not None:
            await core.call("tokens.revoke", user=user.id, id=number)
            return
    await write(data, lambda session: tokens.revoke(session, COMMAND_LINE, user.id, number))


def _known(data: Path, name: str) -> tuple[User, Sequence[Token]]:
    with database.reading(database.existing(data)) as session:
        user = accounts.by_name(session, name)
        if user is None:
            raise Refused("user_unknown")
        return user, tokens.of_user(session, user.id)


def _day(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d") if moment else ""
