"""A change that the audit has, in words: who made it, of what, and what was before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from host.readout.templates import BY_ITSELF
from host.settings.accounts import COMMAND_LINE, NOBODY
from host.settings.chapter import Row
from host.settings.chapters import CHAPTERS
from host.settings.inputs import model_of
from host.settings.meter import MeterSettings
from host.store.accounts import FIRST_START
from host.store.audit import Entry
from host.texts import words as names
from host.texts.locale import Words
from host.web.display import visible
from host.web.value_text import value_text

_SETTINGS = "settings.changed"
_TRIED = "network.tried"


def author(name: str, words: Words) -> str:
    """Return who it was, in words where it was nobody."""
    special = {COMMAND_LINE: names.COMMAND_LINE, FIRST_START: names.FIRST_START}
    special |= {BY_ITSELF: names.DRIVER_TEMPLATE, NOBODY: names.NOBODY}
    return words.gettext(special[name]) if name in special else visible(name)


def said(entry: Entry, words: Words) -> list[tuple[str, str, str]]:
    """Return what is another now: its name, and how it was and is ("" where it was or is not)."""
    before: Mapping[str, Any] = entry.before or {}
    after: Mapping[str, Any] = entry.after or {}
    facts: list[tuple[str, str, str]] = []
    rows = {row.name: row for row in _rows(entry)}
    labels = names.FIELDS | {name: row.label for name, row in rows.items()}
    for name in dict.fromkeys([*before, *after]):
        was, now = (_told(name, side.get(name), words, rows.get(name)) for side in (before, after))
        if was or now:
            facts.append((words.gettext(labels.get(name, name)), was, now))
    return facts


def _told(name: str, value: Any, words: Words, row: Row | None) -> str:
    if name == "expires" and value:
        return words.day(date.fromisoformat(value))
    return value_text(value, words, row)


def subject(entry: Entry, words: Words) -> str:
    """Return which meter, user or chapter of settings it was, "" for none."""
    if entry.what == "panel.pressed":
        return words.gettext(names.GESTURES.get(entry.which, entry.which))
    chapter = CHAPTERS.get(entry.which) if entry.what == _SETTINGS else None
    return words.gettext(chapter.TITLE) if chapter else visible(entry.which)


def _rows(entry: Entry) -> Sequence[Row]:
    """Return the settings that the change is of."""
    if entry.what.startswith(("meter.", "template.")):
        return MeterSettings.rows()
    if entry.what == _TRIED:
        return CHAPTERS["network"].rows()
    if entry.what == "input.changed":
        return model_of(entry.which).rows()
    chapter = CHAPTERS.get(entry.which) if entry.what == _SETTINGS else None
    return chapter.rows() if chapter else ()
