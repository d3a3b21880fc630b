"""Tokens of the API as a service: made, revoked, and noted as used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from host.core.journal import Clock, utc_now
from host.store import tokens
from host.store.writer import Writer


class Tokens:
    """Answers the services `tokens.*` with `writer`."""

    def __init__(self, writer: Writer, clock: Clock = utc_now) -> None:
        self._writer = writer
        self._clock = clock

    def handlers(self) -> Mapping[str, Any]:
        """Return the services that are answered here."""
        return {
            "tokens.add": self._add,
            "tokens.revoke": self._revoke,
            "tokens.used": self._used,
        }

    async def _add(
        self, user: int, name: str, read_only: bool, days: int | None, who: str
    ) -> dict[str, Any]:
        token, secret = await self._writer.run(
            lambda session: tokens.add(
                session, who, user, name, read_only=read_only, days=days, now=self._clock()
            )
        )
        return {"id": token.id, "secret": secret}

    async def _revoke(self, user: int, id: int, who: str) -> dict[str, Any]:
        await self._writer.run(lambda session: tokens.revoke(session, who, user, id))
        return {}

    async def _used(self, id: int) -> dict[str, Any]:
        await self._writer.run(lambda session: tokens.note_use(session, id, self._clock()))
        return {}
