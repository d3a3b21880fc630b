"""Forms made of the rows of host.settings: what stands in a field, and what was typed into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from host.settings import decimals, durations
from host.settings.chapter import Problem, Row
from host.texts.locale import Words

Sent = Mapping[str, str]
"""A form as the browser sends it: a switch that is off is not in it."""

WITH_EXPERTS = "with_experts"
"""In a form that has the settings for experts."""

_BOUNDS = ("low", "high")  # parameters of a problem that are numbers


def shown(row: Row, value: Any, mark: str = ".") -> str:
    """Return a value as its field shows it, with this decimal sign; never a secret."""
    if row.secret or value is None:
        return ""
    if row.kind == "duration":
        return durations.told(value)
    if row.kind == "decimal":
        return decimals.told(value).replace(".", mark)
    if row.kind == "flag":
        return "on" if value else ""
    return str(value)


def meant(rows: Iterable[Row], form: Sent, mark: str = ".") -> dict[str, Any]:
    """Return the values that a form means; what they cannot mean the chapter refuses.

    mark: the decimal sign of its language. A form without the settings for experts means none of
    them, but for one that it names.
    """
    return {
        row.name: _value(row, form.get(row.name, "").strip(), mark)
        for row in rows
        if _is_meant(row, form)
    }


def fields(rows: Iterable[Row], kept: Mapping[str, Any], form: Sent | None = None) -> Sent:
    """Return what stands in the fields; kept: the values by name; form: what was sent, if it was.

    What was sent stays as it was typed; what that form does not mean is as it is kept.
    """
    return {
        row.name: shown(row, kept[row.name])
        if form is None or not _is_meant(row, form)
        else form.get(row.name, "")
        for row in rows
    }


def told(problem: Problem, words: Words) -> str:
    """Return why a value cannot be, in the language of the page."""
    params = dict(problem.params)
    params |= {name: words.decimal(str(params[name])) for name in _BOUNDS if name in params}
    if unit := params.get("unit"):
        params["unit"] = words.gettext(unit)
    return words.gettext(problem.msgid).format(**params)


def _is_meant(row: Row, form: Sent) -> bool:
    return not row.expert or WITH_EXPERTS in form or row.name in form


def _value(row: Row, text: str, mark: str) -> Any:
    if row.empty and not text:
        return None
    match row.kind:
        case "duration":
            seconds = durations.parse(text)
            return text if seconds is None else seconds
        case "decimal":
            thousandths = decimals.parse(text, mark)
            return text if thousandths is None else thousandths
        case "number":
            return int(text) if text.isascii() and text.removeprefix("-").isdigit() else text
        case "flag":
            return text == "on"
        case "choice":
            return next((code for code, _ in row.choices if str(code) == text), text)
        case _:
            return text
