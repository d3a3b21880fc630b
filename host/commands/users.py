"""`user`: who may sign in at the web page, through the core where one runs, else in the database.

The way back in for whoever forgot a password: who may write the data folder may also give new ones.
A password is never taken from the command line, where others could read it.
"""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from host.commands.writing import write
from host.core import client
from host.settings.accounts import COMMAND_LINE, AccountSettings, Refused, check_password
from host.store import accounts, database, passwords, settings
from host.store.accounts import User
from shared.errors import BadSetting

T = TypeVar("T")


async def user(
    data: Path, what: str, name: str | None, *, role: str, make: bool, as_json: bool
) -> int:
    """Do `what` ("list", "add", "reset", "delete") with `name`; return the exit status.

    Raises `Refused` for what the rules of `host.settings.accounts` do not let be.
    """
    if what == "list":
        return _list(data, as_json=as_json)
    if not name:
        raise BadSetting(f"user {what}: whom? Give a name; user list has them")
    if what == "add":
        await _add(data, name, role, make=make)
    else:
        await (_reset(data, name, make=make) if what == "reset" else _delete(data, name))
    return 0


def _list(data: Path, *, as_json: bool) -> int:
    known = _read(data, accounts.all)
    if as_json:
        users = [
            {"name": one.name, "role": one.role, "must_change": one.must_change} for one in known
        ]
        print(json.dumps({"users": users}))
        return 0
    width = max((len(one.name) for one in known), default=0)
    for one in known:
        since = one.created_at.astimezone(UTC).strftime("%Y-%m-%d")
        first = "  must change the password" if one.must_change else ""
        print(f"{one.name:<{width}}  {one.role:<13}  since {since}{first}")
    return 0


async def _add(data: Path, name: str, role: str, *, make: bool) -> None:
    password = _password(data, make=make)

    def work(session: Session) -> User:
        accounts.have_first(session)
        hashed = passwords.make(password)
        return accounts.add(session, COMMAND_LINE, name, role, hashed, must_change=make)

    given = {"name": name, "role": role, "password": password, "must_change": make}
    await _do(data, "users.add", given, work)
    print(f"{name}: added, {role}")
    _tell(password, make=make)


async def _reset(data: Path, name: str, *, make: bool) -> None:
    number = _known(data, name).id
    password = _password(data, make=make)

    def work(session: Session) -> User:
        hashed = passwords.make(password)
        return accounts.set_password(session, COMMAND_LINE, number, hashed, must_change=make)

    given = {"id": number, "password": password, "must_change": make}
    await _do(data, "users.set_password", given, work)
    print(f"{name}: has a new password; who is signed in with the old one is signed out")
    _tell(password, make=make)


async def _delete(data: Path, name: str) -> None:
    number = _known(data, name).id
    await _do(
        data,
        "users.delete",
        {"id": number},
        lambda session: accounts.delete(session, COMMAND_LINE, number),
    )
    print(f"{name}: deleted")


async def _do(
    data: Path, method: str, given: dict[str, Any], work: Callable[[Session], object]
) -> None:
    """Have the core do it, or do `work` ourselves where none runs."""
    async with client.connect(data) as core:
        if core is not None:
            await core.call(method, **given)
        else:
            await write(data, work)


def _known(data: Path, name: str) -> User:
    found = _read(data, lambda session: accounts.by_name(session, name))
    if found is None:
        raise Refused("user_unknown")
    return found


def _asked(session: Session) -> AccountSettings:
    return settings.load(session, AccountSettings)


def _read(data: Path, work: Callable[[Session], T]) -> T:
    with database.reading(database.existing(data)) as session:
        return work(session)


def _password(data: Path, *, make: bool) -> str:
    """Return a password that may be chosen: made, or asked for twice. Raises `Refused`."""
    if make:
        return passwords.invent()
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = getpass.getpass("New password: ")
        if getpass.getpass("Repeat the password: ") != password:
            raise BadSetting("the repeated password is another one; nothing was changed")
    exists = database.existing(data)
    with database.reading(exists) as session:
        check_password(password, _asked(session))
    return password


def _tell(password: str, *, make: bool) -> None:
    if make:
        print(f"password: {password} (to be changed at the first sign-in)")
