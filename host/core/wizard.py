"""The service of the first-run wizard: where it stands, for every browser and after a restart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from host.settings.wizard import OPEN
from host.store import audit, wizard
from host.store.writer import Writer


class WizardServices:
    """Keeps with `writer` how far the wizard has come."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def handlers(self) -> Mapping[str, Any]:
        """Return the service that is answered here."""
        return {"wizard.go": self._go}

    async def _go(self, to: str, done: str | None, who: str) -> dict[str, Any]:
        def work(session: Session) -> None:
            before = wizard.load(session)
            after = before.gone(to, done)
            wizard.keep(session, after)
            if after.state not in (OPEN, before.state):
                audit.record(session, who, f"wizard.{after.state}")

        await self._writer.free(work)
        return {}
