"""Settings as they are kept: one row of JSON a chapter of `host.settings`."""

from __future__ import annotations

import json
from typing import TypeVar

from sqlalchemy.orm import Session

from host.settings.chapter import Chapter
from host.settings.chapters import CHAPTERS
from host.store import loggers
from host.store.tables import SettingRow

C = TypeVar("C", bound=Chapter)


def load(session: Session, model: type[C]) -> C:
    """Return the stored settings of the chapter `model`, with its defaults for what is not stored.

    Fields of a newer release are left aside. Raises `BadSetting` for a stored value out of range.
    """
    return model(**json.loads(text(session, model.__name__) or "{}"))


def load_all(session: Session) -> dict[str, Chapter]:
    """Return every chapter as it is stored, by the names of `host.settings.chapters`."""
    return {name: load(session, model) for name, model in CHAPTERS.items()}


def save(session: Session, settings: Chapter) -> None:
    """Store `settings` in place of what was there."""
    keep_text(session, type(settings).__name__, settings.model_dump_json())


def text(session: Session, name: str) -> str | None:
    """Return what our logger keeps as `name`, None when it keeps nothing."""
    row = session.get(SettingRow, (loggers.of(session), name))
    return row.value if row else None


def keep_text(session: Session, name: str, value: str) -> None:
    """Keep `value` as `name` (at most 40 characters) in place of what was there."""
    session.merge(SettingRow(logger_id=loggers.of(session), name=name, value=value))
