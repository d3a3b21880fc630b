"""Settings for experts: in the forms of those alone who switched them on, each user for itself.

What is for experts says its row in `host.settings`. Hidden, it stays as it is stored, and the form
tells what of it is not as usual, so that nothing is set in secret. The switch in a form keeps what
was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from flask import current_app, request

from host.settings.chapter import Row
from host.texts.errors import explain_error
from host.web import access
from host.web.asking import ask
from host.web.language import page_words
from host.web.people import People
from host.web.refusal import key_of
from host.web.value_text import value_text
from shared.errors import MbuslinkError

SWITCH = "switch_expert"
"""The button in a form, "on" or "off"."""


class Fields(NamedTuple):
    """The fields of a form.

    rows: those that stand in it. expert: those for experts, whether they do or not. shown: they do.
    unusual: of those that do not, what is not as usual: label and value.
    """

    rows: Sequence[Row]
    expert: Sequence[Row]
    shown: bool
    unusual: Sequence[tuple[str, str]]


def are_shown() -> bool:
    """Tell whether who asks wants to see them."""
    asking = access.user()
    people: People = current_app.extensions["people"]
    found = asking and people.user(asking.id)
    return bool(found and found.expert)


def fields(rows: Sequence[Row], kept: Mapping[str, Any], wrong: Collection[str] = ()) -> Fields:
    """Return the fields of a form of `rows`.

    kept: the values by name. wrong: names of what was refused, which is shown in any case.
    """
    expert = [row for row in rows if row.expert]
    if are_shown() or any(row.name in wrong for row in expert):
        return Fields(rows, expert, bool(expert), [])
    words = page_words()
    others = [row for row in expert if kept[row.name] != row.default]
    unusual = [
        (words.gettext(row.label), value_text(kept[row.name], words, row) or "–") for row in others
    ]
    return Fields([row for row in rows if not row.expert], expert, False, unusual)


def switch(wanted: bool) -> None:
    """Show them to who asks from now on, or hide them. Raises as `ask` does."""
    ask("users.set_expert", id=access.signed_in().id, expert=wanted)


def switched(draw: Callable[..., str]) -> str | tuple[str, int] | None:
    """Return the page again when the switch in its form was pressed, else None.

    draw(why=, detail=): returns the page with what was typed, and why the core refused, if it did.
    """
    wanted = request.form.get(SWITCH)
    if wanted not in ("on", "off"):
        return None
    try:
        switch(wanted == "on")
    except (MbuslinkError, TimeoutError) as error:
        return draw(why=explain_error(key_of(error)), detail=str(error)), 503
    return draw()
