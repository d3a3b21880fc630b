"""M5: the settings of a meter's values, kept beside readings that stay as they were sent."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from host.settings.value import NOTHING, PLAIN, ValueKey, ValueSettings
from host.store import audit, meters, value_settings
from host.store.meters import Meter
from host.store.tables import MeterRow, ValueRow

ENERGY, VOLUME = ValueKey("0c06", 0), ValueKey("0c15", 0)
HEAT = ValueSettings(designation="Heat", unit="MWh", factor="1000", tariff=2)


@pytest.fixture
def meter(session: Session) -> Meter:
    meters.add(session, "11")
    return meters.add(session, "10")


def again(session: Session, meter: Meter) -> Meter:
    found = meters.get(session, meter.id)
    assert found is not None
    return found


def test_values_are_changed_and_the_others_keep_theirs(session: Session, meter: Meter) -> None:
    assert value_settings.of(session, meter) == NOTHING
    value_settings.change(session, "Olga", meter, {ENERGY: HEAT, VOLUME: PLAIN})
    meter = again(session, meter)
    assert (meter.values_revision, value_settings.of(session, meter).by_key) == (1, {ENERGY: HEAT})
    value_settings.change(session, "Olga", meter, {VOLUME: ValueSettings(phase=3)})
    meter = again(session, meter)
    assert value_settings.of(session, meter).by_key == {
        ENERGY: HEAT,
        VOLUME: ValueSettings(phase=3),
    }
    value_settings.replace(session, "Olga", meter, {VOLUME: ValueSettings(phase=3)})
    assert list(value_settings.of(session, again(session, meter)).by_key) == [VOLUME]
    other = meters.by_address(session, "11")
    assert other is not None
    assert value_settings.of(session, other) == NOTHING


def test_who_changed_what_is_written_down_and_nothing_where_nothing_did(
    session: Session, meter: Meter
) -> None:
    value_settings.change(session, "Olga", meter, {ENERGY: HEAT})
    meter = again(session, meter)
    value_settings.change(session, "Olga", meter, {ENERGY: HEAT})
    value_settings.replace(session, "Peter", meter, {})
    last, first = audit.newest(session, 9)
    facts = {"designation": "Heat", "unit": "MWh", "factor": "1000", "tariff": 2}
    assert (first.who, first.what, first.which, first.after) == (
        *("Olga", "meter.values_changed", "10"),
        {"0C06 #1": facts},
    )
    assert (last.who, last.before, last.after) == ("Peter", {"0C06 #1": facts}, {"0C06 #1": {}})
    assert again(session, meter).values_revision == 2


def test_they_go_with_the_meter_for_good(session: Session, meter: Meter) -> None:
    value_settings.change(session, "Olga", meter, {ENERGY: HEAT})
    meters.delete(session, "10", datetime(2026, 11, 27, tzinfo=UTC))
    meters.restore(session, "10")
    assert value_settings.of(session, again(session, meter)).by_key == {ENERGY: HEAT}
    meters.delete(session, "10", datetime(2026, 11, 27, tzinfo=UTC))
    meters.purge(session, MeterRow.address == "10")
    assert session.scalar(select(func.count()).select_from(ValueRow)) == 0
