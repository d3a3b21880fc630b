"""Forms made of the rows of host.settings: what stands in a field, and what was typed into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from host.settings import durations
from host.settings.chapter import Problem, Row
from host.texts.locale import Words

Sent = Mapping[str, str]
"""A form as the browser sends it: a switch that is off is not in it."""


def shown(row: Row, value: Any) -> str:
    """Return a value as its field shows it; never a secret."""
    if row.secret or value is None:
        return ""
    if row.kind == "duration":
        return durations.told(value)
    if row.kind == "flag":
        return "on" if value else ""
    return str(value)


def meant(rows: Iterable[Row], form: Sent) -> dict[str, Any]:
    """Return the values that a form means; what they cannot mean the chapter refuses."""
    return {row.name: _value(row, form.get(row.name, "").strip()) for row in rows}


def told(problem: Problem, words: Words) -> str:
    """Return why a value cannot be, in the language of the page."""
    params = {
        name: words.gettext(value) if name == "unit" else value
        for name, value in problem.params.items()
    }
    return words.gettext(problem.msgid).format(**params)


def _value(row: Row, text: str) -> Any:
    if row.empty and not text:
        return None
    match row.kind:
        case "duration":
            seconds = durations.parse(text)
            return text if seconds is None else seconds
        case "number":
            return int(text) if text.isascii() and text.removeprefix("-").isdigit() else text
        case "flag":
            return text == "on"
        case "choice":
            return next((code for code, _ in row.choices if str(code) == text), text)
        case _:
            return text
