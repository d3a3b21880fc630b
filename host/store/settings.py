"""Settings as they are kept: one row of JSON a model of `host.settings`."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from host.settings.readout import ReadoutSettings
from host.settings.storage import StorageSettings
from host.store.tables import SettingRow

Settings = ReadoutSettings | StorageSettings
S = TypeVar("S", bound=Settings)


def load(session: Session, model: type[S]) -> S:
    """Return the stored settings of the kind `model`, with its defaults for what is not stored.

    Fields of a newer release are left aside. Raises `BadSetting` for a stored value out of range.
    """
    row = session.get(SettingRow, model.__name__)
    stored: dict[str, Any] = json.loads(row.value) if row else {}
    known = {field.name for field in fields(model)}
    return model(**{name: value for name, value in stored.items() if name in known})


def save(session: Session, settings: Settings) -> None:
    """Store `settings` in place of what was there."""
    name = type(settings).__name__
    session.merge(SettingRow(name=name, value=json.dumps(asdict(settings))))
