"""The service that changes settings: checked, stored, told, and heeded by whom they concern."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from host.core.events import Events, SettingsChanged
from host.settings.chapter import Chapter
from host.settings.chapters import named
from host.store import settings
from host.store.writer import Writer

Heed = Callable[[type[Chapter], Mapping[str, Any]], None]


class KeptSettings:
    """Stores changes of settings. heed(chapter, changes) is called when they are stored."""

    def __init__(self, writer: Writer, events: Events, heed: Heed) -> None:
        self._writer = writer
        self._events = events
        self._heed = heed

    def handlers(self) -> Mapping[str, Any]:
        """Return the services that are answered here."""
        return {"settings.change": self._change}

    async def _change(self, chapters: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        await self._writer.free(lambda session: change(session, chapters))
        for name, changes in chapters.items():
            self._heed(named(name), changes)
            self._events.emit(SettingsChanged(name))
        return {}


def change(session: Session, chapters: Mapping[str, Mapping[str, Any]]) -> None:
    """Store changes (chapter -> setting -> value), all or none. Raises `BadSetting`."""
    for name, changes in chapters.items():
        settings.save(session, settings.load(session, named(name)).changed(**changes))
