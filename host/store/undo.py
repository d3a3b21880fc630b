"""What it takes to put back a change of settings that the audit has.

Put back is what that change has changed and nothing else, and only while it is still as that change
has left it. Not put back are secrets, which the audit does not have, and the network, whose changes
have a trial of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from host.settings.chapters import CHAPTERS
from host.settings.meter import MeterSettings
from host.settings.undo import NotUndone
from host.settings.value import PLAIN, ValueKey, ValueSettings
from host.store import audit, meters, settings, value_settings
from host.store.audit import Entry
from host.store.meters import Meter
from shared.errors import BadSetting

SETTINGS, METER, VALUES = "settings.changed", "meter.changed", "meter.values_changed"
KINDS = (SETTINGS, METER, VALUES)
"""The changes that may be put back, by the keys of the audit."""
_NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Before:
    """How it was before a change. values: by the names of the settings; meter: whose, if one's."""

    values: Mapping[Any, Any]
    meter: Meter | None = None


def before(session: Session, entry: Entry) -> Before:
    """Return how it was before the change `entry`. Raises `NotUndone`."""
    if entry.what not in KINDS or is_of_network(entry):
        raise NotUndone("not_known")
    if entry.before is None or entry.after is None:
        raise NotUndone("not_known")
    if entry.what == SETTINGS:
        return Before(_chapter(session, entry.which, entry.before, entry.after))
    meter = _meter(session, entry)
    if entry.what == METER:
        return Before(_of_meter(meter, entry.before, entry.after), meter)
    return Before(_of_values(session, meter, entry.before, entry.after), meter)


def is_of_network(entry: Entry) -> bool:
    """Tell whether `entry` is of the network's settings, which have a page and a trial."""
    return entry.what == SETTINGS and entry.which == _NETWORK


def _chapter(
    session: Session, name: str, was: Mapping[str, Any], now: Mapping[str, Any]
) -> Mapping[str, Any]:
    model = CHAPTERS.get(name)
    known = {row.name for row in model.rows() if not row.secret} if model else set[str]()
    if model is None or not known.issuperset(now):
        raise NotUndone("not_known")
    _check_still(settings.load(session, model).model_dump(mode="json"), now)
    return was


def _of_meter(meter: Meter, was: Mapping[str, Any], now: Mapping[str, Any]) -> Mapping[str, Any]:
    if not {row.name for row in MeterSettings.rows()}.issuperset(now):
        raise NotUndone("not_known")
    _check_still({name: getattr(meter, name) for name in now}, now)
    return was


def _of_values(
    session: Session, meter: Meter, was: Mapping[str, Any], now: Mapping[str, Any]
) -> Mapping[ValueKey, ValueSettings]:
    own = value_settings.of(session, meter)
    try:
        keys = {name: value_settings.key_of(name) for name in now}
        settings = {keys[name]: PLAIN.changed(**(was.get(name) or {})) for name in now}
    except (BadSetting, TypeError, ValueError) as error:
        raise NotUndone("not_known") from error
    _check_still({name: (own.get(keys[name]) or PLAIN).facts() for name in now}, now)
    return settings


def _check_still(is_now: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    if any(is_now[name] != after[name] for name in after):
        raise NotUndone("changed_since")


def _meter(session: Session, entry: Entry) -> Meter:
    """Return whose change it was: the meter of that address, or of that other address since."""
    known = [
        one
        for one in meters.all(session)
        if entry.which in (one.address, one.secondary, str(one.primary))
    ]
    ours = [one for one in known if one.address == entry.which] or known
    if len(ours) != 1 or audit.later(session, entry, "meter.added"):
        raise NotUndone("is_gone")
    return ours[0]
