"""Forms made of the rows of host.settings: what stands in a field, and what was typed into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from host.settings import decimals, durations
from host.settings.chapter import Problem, Row
from host.texts.locale import Words

Sent = Mapping[str, str]
"""A form as the browser sends it: a switch that is off is not in it."""

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

    mark: the decimal sign of its language.
    """
    return {row.name: _value(row, form.get(row.name, "").strip(), mark) for row in rows}


def told(problem: Problem, words: Words) -> str:
    """Return why a value cannot be, in the language of the page."""
    params = dict(problem.params)
    params |= {name: words.decimal(str(params[name])) for name in _BOUNDS if name in params}
    if unit := params.get("unit"):
        params["unit"] = words.gettext(unit)
    return words.gettext(problem.msgid).format(**params)


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
