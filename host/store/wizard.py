"""How far the first-run wizard has come, as it is kept: a row of JSON beside the settings."""

from __future__ import annotations

import json
from dataclasses import asdict

from sqlalchemy.orm import Session

from host.settings.chapters import CHAPTERS
from host.settings.wizard import ENDED, Wizard
from host.store import meters, settings

_NAME = "Wizard"


def load(session: Session) -> Wizard:
    """Return how far it has come.

    As long as nobody has been in it, it is open where nothing is set up; an installation that has
    meters or settings of its own has no need of it.
    """
    text = settings.text(session, _NAME)
    if text is None:
        return Wizard(state=ENDED) if _is_set_up(session) else Wizard()
    kept = json.loads(text)
    return Wizard(kept["state"], kept["at"], tuple(kept["done"]))


def keep(session: Session, wizard: Wizard) -> None:
    """Keep how far it has come now."""
    settings.keep_text(session, _NAME, json.dumps(asdict(wizard)))


def _is_set_up(session: Session) -> bool:
    chapters = (settings.text(session, chapter.__name__) for chapter in CHAPTERS.values())
    return any(text is not None for text in chapters) or bool(meters.all(session))
