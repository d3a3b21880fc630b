"""Settings as they are kept: one row of JSON a model of `host.settings`."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from host.settings.readout import ReadoutSettings
from host.settings.storage import StorageSettings
from host.store import loggers
from host.store.tables import SettingRow

Settings = ReadoutSettings | StorageSettings
S = TypeVar("S", bound=Settings)


def load(session: Session, model: type[S]) -> S:
    """Return the stored settings of the kind `model`, with its defaults for what is not stored.

    Fields of a newer release are left aside. Raises `BadSetting` for a stored value out of range.
    """
    stored: dict[str, Any] = json.loads(text(session, model.__name__) or "{}")
    known = {field.name for field in fields(model)}
    return model(**{name: value for name, value in stored.items() if name in known})


def save(session: Session, settings: Settings) -> None:
    """Store `settings` in place of what was there."""
    keep_text(session, type(settings).__name__, json.dumps(asdict(settings)))


def text(session: Session, name: str) -> str | None:
    """Return what our logger keeps as `name`, None when it keeps nothing."""
    row = session.get(SettingRow, (loggers.of(session), name))
    return row.value if row else None


def keep_text(session: Session, name: str, value: str) -> None:
    """Keep `value` as `name` (at most 40 characters) in place of what was there."""
    session.merge(SettingRow(logger_id=loggers.of(session), name=name, value=value))
