"""The form of the settings of values: a line a value, what was typed into it, what it then shows.

A meter's page and a driver template have the same form. The fields of line 3 are `designation-3`,
`unit-3` ...; `key-3` says which value it is, so a readout in between moves nothing. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from host.readout import own_values
from host.readout.telegrams import RecordLine
from host.settings.chapter import WrongSettings
from host.settings.value import MOST_VALUES, PLAIN, OwnValues, ValueKey, ValueSettings
from host.texts import tables
from host.texts.locale import Words
from host.web import forms, record_text
from host.web.display import Shown, shown_value

ROWS = ValueSettings.rows()
UNITS = ("kWh", "MWh", "GJ", "m³", "l", "m³/h", "l/h", "kW", "°C", "K", "V", "A", "h", "%")
"""What is proposed; any other may be written."""


@dataclass(frozen=True, slots=True)
class Line:
    """A value in the form. name, tags, said: by the meter; shown: with the settings in the fields.

    fields: text by setting; problems: what is wrong with it, by setting.
    """

    number: int
    key: ValueKey
    name: str
    tags: Sequence[str]
    said: str
    shown: Shown
    fields: Mapping[str, str]
    problems: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def key_text(self) -> str:
        """The key as the form sends it."""
        return f"{self.key.head}.{self.key.nth}"


@dataclass(frozen=True, slots=True)
class Sent:
    """What a form means. fields: as typed; problems: by value and setting, in words."""

    settings: Mapping[ValueKey, ValueSettings]
    fields: Mapping[ValueKey, Mapping[str, str]]
    problems: Mapping[ValueKey, Mapping[str, str]]


def lines(
    records: Sequence[RecordLine], own: OwnValues, words: Words, sent: Sent | None = None
) -> Iterator[Line]:
    """Yield the lines of the values of a readout (without settings): as they are, or as sent."""
    for number, (record, key) in enumerate(zip(records, own_values.keys(records), strict=True), 1):
        if not is_value(record):
            continue
        settings = own.get(key) or PLAIN
        fields = _shown(settings, words)
        problems: Mapping[str, str] = {}
        if sent is not None and key in sent.fields:
            settings = sent.settings.get(key, PLAIN)
            fields, problems = sent.fields[key], sent.problems.get(key, {})
        yield Line(
            number,
            key,
            record_text.quantity(record, words),
            record_text.tags(record, words),
            record_text.exact(record),
            shown_value(record | {"own": settings}, words),
            fields,
            problems,
        )


def read(form: forms.Sent, words: Words) -> Sent:
    """Return what a form means, line by line; what cannot be is told and left out."""
    settings: dict[ValueKey, ValueSettings] = {}
    fields: dict[ValueKey, dict[str, str]] = {}
    problems: dict[ValueKey, dict[str, str]] = {}
    for number in range(1, MOST_VALUES + 1):
        head, _, nth = form.get(f"key-{number}", "").partition(".")
        if not nth.isdecimal():
            continue
        key = ValueKey(head, int(nth))
        fields[key] = {row.name: form.get(f"{row.name}-{number}", "").strip() for row in ROWS}
        typed = fields[key] | {"factor": fields[key]["factor"] or "1"}
        try:
            settings[key] = ValueSettings(**forms.meant(ROWS, typed))
        except WrongSettings as error:
            problems[key] = {one.name: forms.told(one, words) for one in error.problems}
    return Sent(settings, fields, problems)


def is_value(record: RecordLine) -> bool:
    """Tell whether a record says something that can be shown: not what a meter's maker keeps."""
    return bool(record["vif"]) or record["quantity"] != "Manufacturer specific"


def designations(words: Words) -> list[str]:
    """Return the names that are proposed, those of the quantities, in their order."""
    return sorted({words.gettext(word) for word in tables.quantities_named()}, key=str.casefold)


def _shown(settings: ValueSettings, words: Words) -> Mapping[str, str]:
    fields = {row.name: forms.shown(row, getattr(settings, row.name)) for row in ROWS}
    return fields | {"factor": words.decimal(settings.factor) if settings.scales else ""}
