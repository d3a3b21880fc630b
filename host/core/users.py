"""Users as a service: who may sign in, with which role and password (manual 6.3.2-6.3.5).

Passwords are hashed in a thread, one at a time, before the writer's transaction: 50 to 100 ms that
neither the loop nor the storing of readings waits for. They are never logged and never given back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from host.core.events import Events, UserChanged
from host.settings.accounts import AccountSettings, Refused, check_password
from host.store import accounts, passwords, settings
from host.store.accounts import User
from host.store.tables import to_ms
from host.store.writer import Writer


class Users:
    """Answers the services `users.*` with `writer`; tells `events` whose facts are others now."""

    def __init__(self, writer: Writer, events: Events) -> None:
        self._writer = writer
        self._events = events
        self._hashing = asyncio.Lock()

    def handlers(self) -> Mapping[str, Any]:
        """Return the services that are answered here."""
        return {
            "users.list": self._list,
            "users.add": self._add,
            "users.change_role": self._change_role,
            "users.set_password": self._set_password,
            "users.set_own_password": self._set_own_password,
            "users.set_language": self._set_language,
            "users.set_expert": self._set_expert,
            "users.delete": self._delete,
        }

    async def _list(self) -> dict[str, Any]:
        known = await self._writer.read(accounts.all)
        return {"users": [_facts(user) for user in known]}

    async def _add(
        self, name: str, role: str, password: str, must_change: bool, who: str
    ) -> dict[str, Any]:
        hashed = await self._hash(password)
        user = await self._change(
            lambda session: accounts.add(session, who, name, role, hashed, must_change=must_change)
        )
        return {"id": user.id}

    async def _change_role(self, id: int, role: str, who: str) -> dict[str, Any]:
        await self._change(lambda session: accounts.change_role(session, who, id, role))
        return {}

    async def _set_password(
        self, id: int, password: str, must_change: bool, who: str
    ) -> dict[str, Any]:
        hashed = await self._hash(password)
        await self._change(
            lambda session: accounts.set_password(session, who, id, hashed, must_change=must_change)
        )
        return {}

    async def _set_own_password(
        self, id: int, current: str, password: str, who: str | None
    ) -> dict[str, Any]:
        user = await self._writer.read(lambda session: accounts.get(session, id))
        if user is None:
            raise Refused("user_unknown")
        async with self._hashing:
            known = await asyncio.to_thread(passwords.fits, user.password, current)
        if not known:
            raise Refused("password_wrong")
        if current == password:
            raise Refused("password_same")
        hashed = await self._hash(password)
        by = who or user.name

        def work(session: Session) -> User:
            now = accounts.get(session, id)
            if now is None or now.password != user.password:  # somebody was faster
                raise Refused("password_wrong")
            return accounts.set_password(session, by, id, hashed, must_change=False)

        await self._change(work)
        return {}

    async def _set_language(self, id: int, language: str, who: str) -> dict[str, Any]:
        await self._change(lambda session: accounts.set_language(session, who, id, language))
        return {}

    async def _set_expert(self, id: int, expert: bool, who: str) -> dict[str, Any]:
        await self._change(lambda session: accounts.set_expert(session, who, id, expert))
        return {}

    async def _delete(self, id: int, who: str) -> dict[str, Any]:
        await self._change(lambda session: accounts.delete(session, who, id))
        return {}

    async def _hash(self, password: str) -> str:
        """Return the hash of a password that may be chosen. Raises `Refused`."""
        asked = await self._writer.read(lambda session: settings.load(session, AccountSettings))
        check_password(password, asked)
        async with self._hashing:
            return await asyncio.to_thread(passwords.make, password)

    async def _change(self, work: Callable[[Session], User]) -> User:
        user = await self._writer.run(work)
        self._events.emit(UserChanged(user.id))
        return user


def _facts(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "role": user.role,
        "must_change": user.must_change,
        "language": user.language,
        "created_ms": to_ms(user.created_at),
    }
