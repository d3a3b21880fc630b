"""How many readings each board had to drop, and when we learned of the last: kept in the database.

Boards tell a count since ever; without what we knew before, every start would tell old news.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from host.store import settings
from host.store.tables import to_ms

_NAME = "JournalLost"


@dataclass(frozen=True, slots=True)
class Loss:
    """lost: entries that a board dropped, ever; at_ms: when we learned of the last, None for 0."""

    lost: int = 0
    at_ms: int | None = None


def known(session: Session, board: str) -> Loss:
    """Return what was known of the board with the unique id `board`."""
    return Loss(*_every(session).get(board, ()))


def note(session: Session, board: str, lost: int, now: datetime) -> Loss:
    """Keep that `board` has dropped `lost` entries so far; return what is known then.

    A smaller count than before is that of a board whose flash was emptied.
    """
    before = known(session, board)
    if lost == before.lost:
        return before
    loss = Loss(lost, to_ms(now) if lost else None)
    every = _every(session)
    every[board] = [loss.lost, loss.at_ms]
    settings.keep_text(session, _NAME, json.dumps(every))
    return loss


def _every(session: Session) -> dict[str, list[Any]]:
    every: dict[str, list[Any]] = json.loads(settings.text(session, _NAME) or "{}")
    return every
