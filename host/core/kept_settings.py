"""The service that changes settings: checked, stored, told, and heeded by whom they concern."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from host.core.events import Events, SettingsChanged
from host.settings.accounts import COMMAND_LINE
from host.settings.chapter import Chapter
from host.settings.chapters import named
from host.store import audit, settings
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

    async def _change(self, chapters: Mapping[str, Mapping[str, Any]], who: str) -> dict[str, Any]:
        def work(session: Session) -> Sequence[int]:
            last = audit.last(session)
            change(session, chapters, who)
            return audit.since(session, last)

        changes = await self._writer.free(work)
        self.tell(chapters)
        return {"changes": list(changes)}

    def tell(self, chapters: Mapping[str, Mapping[str, Any]]) -> None:
        """Have these changes heeded, which are stored."""
        for name, changes in chapters.items():
            self._heed(named(name), changes)
            self._events.emit(SettingsChanged(name))


def change(
    session: Session, chapters: Mapping[str, Mapping[str, Any]], who: str = COMMAND_LINE
) -> None:
    """Store changes (chapter -> setting -> value) for `who`, all or none. Raises `BadSetting`."""
    for name, changes in chapters.items():
        kept = settings.load(session, named(name))
        wanted = kept.changed(**changes)
        settings.save(session, wanted)
        before, after = _told(kept, wanted)
        audit.record(session, who, "settings.changed", name, before=before, after=after)


def _told(kept: Chapter, wanted: Chapter) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the audit is told of a chapter before and after: of a secret that it changed."""
    before, after = kept.model_dump(mode="json"), wanted.model_dump(mode="json")
    for row in kept.rows():
        if row.secret and before[row.name] != after[row.name]:
            before[row.name], after[row.name] = None, "***"
        elif row.secret:
            before[row.name] = after[row.name] = None
    return before, after
