"""Undo: a page that has stored something tells what is another now, and offers to put it back.

The address of such a page names the changes by their numbers in the audit (`?change=`). What cannot
be put back, or has been changed again since, is told without the button.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import current_app, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from host.settings.undo import NotUndone
from host.store import audit, undo
from host.store.audit import Entry
from host.texts.words import UNDO_REFUSALS
from host.web import access
from host.web.change_text import said
from host.web.language import page_words
from host.web.own_path import own_path
from host.web.settings import WebSettings

T = TypeVar("T")

_CHANGE, _UNDONE = "change", "undone"
_MOST = 50
_MOST_FACTS = 12


@dataclass(frozen=True, slots=True)
class Offer:
    """What was just changed. facts: (what, before, after) in words; more: how many facts follow.

    numbers: of the changes. why: in words, why they are not put back, "" when they can be.
    undone: this was itself something that was put back.
    """

    facts: Sequence[tuple[str, str, str]]
    more: int
    numbers: Sequence[int]
    why: str
    undone: bool


def numbers(sent: MultiDict[str, str]) -> Sequence[int]:
    """Return which changes an address or a form names."""
    found = (text for text in sent.getlist(_CHANGE) if text.isascii() and text.isdigit())
    return [number for text in found if 0 < (number := int(text[:11])) <= 0x7FFFFFFF][:_MOST]


def address(path: str, answer: Mapping[str, Any], **query: Any) -> str:
    """Return `path` with what the core changed (`changes` of its answer) and a `query`."""
    url = urlsplit(path)
    asked = [*parse_qsl(url.query), *query.items()]
    asked += [(_CHANGE, number) for number in answer.get("changes", ())[:_MOST]]
    return urlunsplit(url._replace(query=urlencode(asked)))


def back(page: str, answer: Mapping[str, Any]) -> str:
    """Return the address of our own `page`, which tells of what was put back."""
    url = urlsplit(own_path(page))
    kept = [pair for pair in parse_qsl(url.query) if pair[0] not in (_CHANGE, _UNDONE)]
    return address(urlunsplit(url._replace(query=urlencode(kept))), answer, undone=1)


def offer() -> Offer | None:
    """Return what the address of this page says was just changed; None: nothing, or no business."""
    wanted = numbers(request.args)
    if not wanted or not access.may_change():
        return None
    words = page_words()

    def work(session: Session) -> tuple[Sequence[Entry], str]:
        known = [entry for number in wanted if (entry := audit.get(session, number))]
        found = [entry for entry in known if not undo.is_of_network(entry)]
        return found, _why(session, found)

    found, reason = _read(work)
    facts = [fact for entry in found for fact in said(entry, words)]
    if not facts:
        return None
    why = words.gettext(UNDO_REFUSALS[reason].what) if reason else ""
    shown, ids = facts[:_MOST_FACTS], [entry.id for entry in found]
    return Offer(shown, len(facts) - len(shown), ids, why, _UNDONE in request.args)


def possible(entries: Iterable[Entry]) -> Collection[int]:
    """Return the numbers of those of `entries` that can be put back now."""
    kinds = [entry for entry in entries if entry.what in undo.KINDS]
    return _read(lambda session: {one.id for one in kinds if not _why(session, [one])})


def _why(session: Session, entries: Sequence[Entry]) -> str:
    """Return the reason why these changes are not put back, "" for none."""
    try:
        for entry in entries:
            undo.before(session, entry)
    except NotUndone as error:
        return error.reason
    return ""


def _read(work: Callable[[Session], T]) -> T:
    settings: WebSettings = current_app.extensions["settings"]
    return settings.reader.read(work)
