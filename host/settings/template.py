"""A driver template (manual 6.7): settings of meters of one kind, and the file it is kept in.

A kind is what the manual names: manufacturer, version byte and number of data records. What comes
out of a file is hostile until `read` has looked at every word of it: whole or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from host.settings.meter import MeterSettings
from host.settings.value import OwnValues, ValueKey, ValueSettings, entries, from_entries
from shared.errors import BadSetting

METER_SETTINGS = ("meter_type", "snd_nke", "application_reset")
"""What of a meter itself a template has (manual 6.4.4)."""

LONGEST_NAME = 100
MOST_RECORDS = 10_000
MOST_TEMPLATES = 500
LONGEST_FILE = 1_000_000

_FORMAT = "mbuslink driver templates"
_VERSION = 1
_NAMES = ("name", "manufacturer", "version", "records", "meter", "values")


class Kind(NamedTuple):
    """Which meters a template is for: manufacturer (3 letters), version byte, data records."""

    manufacturer: str
    version: int
    records: int

    def __str__(self) -> str:
        return f"{self.manufacturer} {self.version}, {self.records}"


@dataclass(frozen=True, slots=True)
class Template:
    """meter: by the names of `METER_SETTINGS`; values: every value of such a meter, in its order,
    also those that are all as the meter says.
    """

    name: str
    kind: Kind
    meter: Mapping[str, Any]
    values: Mapping[ValueKey, ValueSettings]

    @property
    def own(self) -> OwnValues:
        """The values that have settings."""
        return OwnValues.of(self.values)

    def entry(self) -> dict[str, Any]:
        """Return it as JSON has it; `from_entry` reads it again."""
        told = {"name": self.name, **self.kind._asdict(), "meter": dict(self.meter)}
        return told | {"values": entries(self.values)}


def from_entry(found: Any) -> Template:
    """Return the template in an object of `Template.entry`, whoever wrote it.

    Raises `BadSetting` for anything that is not such an object, to its last word.
    """
    if not isinstance(found, dict) or set(cast(Mapping[str, Any], found)) != set(_NAMES):
        raise BadSetting(f"a template has {', '.join(_NAMES)}, and nothing else")
    told = cast(Mapping[str, Any], found)
    return Template(
        check_name(told["name"]), _kind(told), _meter(told["meter"]), from_entries(told["values"])
    )


def check_name(name: Any) -> str:
    """Return `name` without blanks around it. Raises `BadSetting` unless it is one short line."""
    text = name.strip() if isinstance(name, str) else ""
    if not text or len(text) > LONGEST_NAME or not text.isprintable():
        raise BadSetting(f"name of a template: 1 to {LONGEST_NAME} characters, one line")
    return text


def _kind(told: Mapping[str, Any]) -> Kind:
    maker, version, records = told["manufacturer"], told["version"], told["records"]
    if not (isinstance(maker, str) and len(maker) == 3 and all("@" <= one <= "_" for one in maker)):
        raise BadSetting("manufacturer: three capital letters are wanted")
    for name, number, high in (("version", version, 255), ("records", records, MOST_RECORDS)):
        if type(number) is not int or not 0 <= number <= high:
            raise BadSetting(f"{name}: a whole number from 0 to {high} is wanted")
    return Kind(maker, version, records)


def _meter(told: Any) -> dict[str, Any]:
    if not isinstance(told, dict) or set(cast(Mapping[str, Any], told)) != set(METER_SETTINGS):
        raise BadSetting(f"meter: it has {', '.join(METER_SETTINGS)}, and nothing else")
    changed = MeterSettings().changed(**cast(Mapping[str, Any], told))
    return {name: getattr(changed, name) for name in METER_SETTINGS}


def write(templates: Iterable[Template]) -> str:
    """Return the file of these templates."""
    told = {"format": _FORMAT, "version": _VERSION, "templates": [one.entry() for one in templates]}
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def read(data: bytes) -> Sequence[Template]:
    """Return the templates in a file. Raises `BadSetting` unless all of it is one of ours."""
    if len(data) > LONGEST_FILE:
        raise BadSetting(f"the file is larger than {LONGEST_FILE} bytes")
    try:
        found = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadSetting("this is no whole JSON file; it may be cut off or another kind") from error
    told = cast(dict[str, Any], found if isinstance(found, dict) else {})
    if told.get("format") != _FORMAT:
        raise BadSetting("this is no file of driver templates of mbuslink")
    if told.get("version") != _VERSION or set(told) != {"format", "version", "templates"}:
        raise BadSetting("this file of driver templates is of a newer release")
    return from_list(told["templates"])


def from_list(found: Any) -> Sequence[Template]:
    """Return the templates in a list of `Template.entry`; no two may be of a kind."""
    many = cast(Sequence[Any], found) if isinstance(found, list) else ()
    if not 0 < len(many) <= MOST_TEMPLATES:
        raise BadSetting(f"1 to {MOST_TEMPLATES} templates are wanted")
    templates: dict[Kind, Template] = {}
    for number, one in enumerate(many, 1):
        try:
            template = from_entry(one)
        except BadSetting as error:
            raise BadSetting(f"template {number}: {error}") from None
        if template.kind in templates:
            raise BadSetting(f"template {number}: there is one for {template.kind} before it")
        templates[template.kind] = template
    return list(templates.values())
