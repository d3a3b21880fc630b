"""The value of a setting in words, as pages tell what is set and what was changed."""

from __future__ import annotations

from typing import Any, cast

from host.settings import decimals
from host.settings.chapter import Row
from host.settings.value import ValueSettings
from host.texts import words as names
from host.texts.locale import Words
from host.web.display import visible

_VALUE_ROWS = {row.name: row for row in ValueSettings.rows()}


def value_text(value: Any, words: Words, row: Row | None = None) -> str:
    """Return a value in words, "" for none; row: the setting that it is of, where it is one.

    A mapping is the settings of a meter's value.
    """
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return words.gettext(names.YES if value else names.NO)
    if isinstance(value, dict):
        facts = cast(dict[str, Any], value)
        return ", ".join(
            f"{words.gettext(_VALUE_ROWS[name].label)}: {value_text(one, words, _VALUE_ROWS[name])}"
            if name in _VALUE_ROWS
            else f"{name}: {value_text(one, words)}"
            for name, one in facts.items()
        )
    if isinstance(value, list):
        items = cast(list[Any], value)
        first = items[0]
        between = "; " if isinstance(first, list) else ", " if isinstance(first, str) else "-"
        return between.join(value_text(item, words) for item in items)
    if row and row.kind == "duration":
        return words.cycle(value)
    text = str(value)
    if row and row.kind == "decimal":
        text = words.number(decimals.told(value))
        return f"{text} {row.unit}".rstrip()
    if row and row.kind == "choice":
        return words.gettext(str(dict(row.choices).get(value, text)))
    if row and row.unit:
        return f"{words.number(text)} {words.gettext(row.unit)}"
    return words.gettext(names.ROLES[text]) if text in names.ROLES else visible(text)
