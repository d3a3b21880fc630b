"""What was known last of a board's own inputs, for whoever looks while the board is away."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from host.store import settings

_NAME = "KnownInputs"


@dataclass(frozen=True, slots=True)
class KnownInputs:
    """settings: the board's, of its inputs. inputs: as `board.inputs` of the core told them.

    at_ms: when that was, in ms since 1970; 0 for never: both are empty then.
    """

    at_ms: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])


def load(session: Session) -> KnownInputs:
    """Return what was known last."""
    return KnownInputs(**json.loads(settings.text(session, _NAME) or "{}"))


def keep(session: Session, known: KnownInputs) -> None:
    """Keep what is known now."""
    settings.keep_text(session, _NAME, json.dumps(asdict(known)))
