"""The settings of the values of meters (manual 6.4.5): read and written inside a session.

Readings stay as the meter sent them; these settings are applied on the way out
(`host.readout.own_values`). A value that is all as the meter says has no row. Each change is
written down for `who` made it and counted in the meter's row (`values_revision`), so that whoever
keeps what was decoded knows when to look again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from host.settings.value import (
    MOST_VALUES,
    NOTHING,
    OwnValues,
    ValueKey,
    ValueSettings,
)
from host.store import audit
from host.store.meters import Meter
from host.store.tables import MeterRow, ValueRow
from shared.errors import BadSetting

Settings = Mapping[ValueKey, ValueSettings]

_NAMES = tuple(row.name for row in ValueSettings.rows())


def of(session: Session, meter: Meter) -> OwnValues:
    """Return the settings of a meter's values; one that never had any costs no query."""
    if not meter.values_revision:
        return NOTHING
    rows = session.scalars(select(ValueRow).where(ValueRow.meter_id == meter.id))
    return OwnValues.of({ValueKey(row.head, row.nth): _settings(row) for row in rows})


def change(session: Session, who: str, meter: Meter, settings: Settings) -> OwnValues:
    """Give these values of a meter new settings; the others keep theirs. See `replace`."""
    return replace(session, who, meter, {**of(session, meter).by_key, **settings})


def replace(session: Session, who: str, meter: Meter, settings: Settings) -> OwnValues:
    """Give the values of a meter these settings and no others; return them.

    Raises `BadSetting` for more values than a meter has.
    """
    before, after = of(session, meter), OwnValues.of(settings)
    if before == after:
        return after
    if len(after.items) > MOST_VALUES:
        raise BadSetting(f"a meter has {MOST_VALUES} values at most")
    session.execute(delete(ValueRow).where(ValueRow.meter_id == meter.id))
    for key, one in after.items:
        session.add(ValueRow(meter_id=meter.id, head=key.head, nth=key.nth, **one.model_dump()))
    session.get_one(MeterRow, meter.id).values_revision += 1
    session.flush()
    told = (_told(before), _told(after))
    audit.record(
        session, who, "meter.values_changed", meter.address, before=told[0], after=_full(*told)
    )
    return after


def key_of(name: str) -> ValueKey:
    """Return which value the audit calls `name`. Raises `ValueError`."""
    head, _, number = name.partition(" #")
    return ValueKey(head.lower(), int(number) - 1)


def _settings(row: ValueRow) -> ValueSettings:
    return ValueSettings.model_construct(**{name: getattr(row, name) for name in _NAMES})


def _told(settings: OwnValues) -> dict[str, Any]:
    """Return the settings for the audit: by value, what is not as the meter says."""
    return {f"{key.head.upper()} #{key.nth + 1}": one.facts() for key, one in settings.items}


def _full(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return `after` with what is no longer set."""
    return {name: after.get(name, {}) for name in dict.fromkeys([*before, *after])}
