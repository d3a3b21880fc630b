"""Driver templates at work (manual 6.7): made of a meter, what they would change, given to meters.

A template is for the meters whose newest readout has its manufacturer, version byte and number of
data records. Giving it to a meter makes the meter's values those of the template and no others; of
the meter itself it gives type, SND_NKE and application reset. A new meter gets the template of its
kind at its first readout (`greet`), where nobody has set these otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy.orm import Session

from host.readout import own_values, telegrams
from host.readout.telegrams import Record, RecordLine, Telegram
from host.settings.meter import MeterSettings
from host.settings.template import METER_SETTINGS, Kind, Template, check_name
from host.settings.value import PLAIN, OwnValues
from host.store import audit, meters, readings, templates, value_settings
from host.store.meters import Meter
from shared.errors import BadSetting, MbuslinkError
from shared.mbus import records

_LONGEST_DATA = 16
_read = cast(Callable[[bytes, int, int], list[Record]], cast(Any, records).read)

BY_ITSELF = "driver template"
"""Who gives a new meter its settings, for the audit."""


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A value of a meter before and after, as lines with their settings."""

    before: RecordLine
    after: RecordLine


@dataclass(frozen=True, slots=True)
class MeterChange:
    """What a template would change of a meter: (setting, before, after) and its values.

    gone: settings of values that its newest readout does not have, which would go.
    """

    meter: Meter
    settings: Sequence[tuple[str, Any, Any]]
    values: Sequence[ValueChange]
    gone: int

    def __bool__(self) -> bool:
        return bool(self.settings or self.values or self.gone)


def of_meter(session: Session, meter: Meter, name: str) -> Template:
    """Return a template of a meter's settings and those of its values.

    Raises `BadSetting` for a name that cannot be, and for a meter that was not read yet or does not
    say who made it.
    """
    lines = newest_lines(session, meter)
    kind = _kind(meter, lines)
    if kind is None:
        raise BadSetting(f"{meter.address}: read it once, so that its kind is known")
    own = value_settings.of(session, meter)
    keys = own_values.keys(lines)
    settings = {name: getattr(meter, name) for name in METER_SETTINGS}
    return Template(check_name(name), kind, settings, {key: own.get(key) or PLAIN for key in keys})


def sample(session: Session, template: Template) -> Sequence[RecordLine]:
    """Return the lines of a meter of its kind; where there is none, lines without values."""
    alike = next(iter(_matching(session, template.kind)), None)
    return alike[1] if alike else [_blank(key.head) for key in template.values]


def preview(session: Session, template: Template) -> Sequence[MeterChange]:
    """Return, for each meter that the template is for, what it would change there."""
    found: list[MeterChange] = []
    for meter, lines in _matching(session, template.kind):
        own, wanted = value_settings.of(session, meter), template.own
        before, after = (own_values.with_own(lines, one) for one in (own, wanted))
        values = [
            ValueChange(*pair)
            for pair in zip(before, after, strict=True)
            if own_values.settings_of(pair[0]) != own_values.settings_of(pair[1])
        ]
        there = set(own_values.keys(lines))
        gone = sum(key not in there and own.get(key) != wanted.get(key) for key, _ in own.items)
        found.append(MeterChange(meter, _differences(meter, template), values, gone))
    return found


def apply(session: Session, who: str, template: Template) -> Sequence[Meter]:
    """Give the template to every meter that it is for; return those that are others now."""
    changed = [
        _give(session, who, meter, template.meter, template.own)
        for meter, _ in _matching(session, template.kind)
        if _differences(meter, template) or value_settings.of(session, meter) != template.own
    ]
    audit.record(session, who, "template.applied", template.name, after={"meters": len(changed)})
    return changed


def unread(session: Session, numbers: Collection[int]) -> frozenset[int]:
    """Return which of these meters were never read, none where there is no template for them."""
    if not numbers or not templates.is_any(session):
        return frozenset()
    known = (meters.get(session, number) for number in numbers)
    return frozenset(one.id for one in known if one is not None and one.last_read_at is None)


def greet(session: Session, numbers: Collection[int]) -> Sequence[Meter]:
    """Give meters that were just read for the first time the templates of their kinds.

    What somebody has set at a meter already stays. Return those that are others now.
    """
    changed: list[Meter] = []
    usual = MeterSettings()
    for number in numbers:
        meter = meters.get(session, number)
        kind = None if meter is None else _kind(meter, newest_lines(session, meter))
        kept = None if kind is None else templates.of_kind(session, kind)
        if meter is None or kept is None or meter.values_revision:
            continue
        untouched = {
            name: value
            for name, value in kept.template.meter.items()
            if getattr(meter, name) == getattr(usual, name) != value
        }
        changed.append(_give(session, BY_ITSELF, meter, untouched, kept.template.own))
    return changed


def _blank(head: str) -> RecordLine:
    """Return the line of a value of which nothing but DIF and VIF is known."""
    frame = bytes.fromhex(head) + bytes(_LONGEST_DATA)
    found = _read(frame + b"\0\0", 0, len(frame))[:1]
    said = cast(Telegram, SimpleNamespace(frame=frame + b"\0\0", ci=0x72, records=found))
    return telegrams.explain(said)[0] | {"value": None, "error": None, "head": head}


def _matching(session: Session, kind: Kind) -> list[tuple[Meter, Sequence[RecordLine]]]:
    """Return the meters of a kind with the lines of their newest readouts."""
    found: list[tuple[Meter, Sequence[RecordLine]]] = []
    for meter in meters.all(session):
        if (meter.manufacturer, meter.version) == (kind.manufacturer, kind.version):
            lines = newest_lines(session, meter)
            if _kind(meter, lines) == kind:
                found.append((meter, lines))
    return found


def _kind(meter: Meter, lines: Sequence[RecordLine]) -> Kind | None:
    if meter.manufacturer is None or meter.version is None or not lines:
        return None
    return Kind(meter.manufacturer, meter.version, len(lines))


def newest_lines(session: Session, meter: Meter) -> Sequence[RecordLine]:
    """Return the values of a meter's newest readout, as the meter says them."""
    reading = readings.latest(session, meter.id)
    lines: list[RecordLine] = []
    for frame in reading.frames if reading else ():
        try:
            lines += telegrams.explain(telegrams.decode(frame))
        except MbuslinkError:
            continue
    return lines


def _differences(meter: Meter, template: Template) -> Sequence[tuple[str, Any, Any]]:
    return [
        (name, getattr(meter, name), value)
        for name, value in template.meter.items()
        if getattr(meter, name) != value
    ]


def _give(session: Session, who: str, meter: Meter, settings: Any, own: OwnValues) -> Meter:
    value_settings.replace(session, who, meter, own.by_key)
    before = {name: getattr(meter, name) for name in settings}
    changed = meters.change(session, meter.address, settings)
    assert changed is not None
    after = {name: getattr(changed, name) for name in settings}
    audit.record(session, who, "meter.changed", meter.address, before=before, after=after)
    return changed
