"""M9: a template of a meter, what it would change, and what it does to meters of its kind."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from host.readout import own_values, reader, templates
from host.readout.reader import Delivery
from host.settings.template import Kind, Template
from host.settings.value import PLAIN, ValueKey, ValueSettings
from host.store import audit, meters, value_settings
from host.store import templates as store
from host.store.meters import Meter
from shared.errors import BadSetting, Busy
from tests.fakes import installation

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
VOLUME, OLD = ValueKey("0c13", 0), ValueKey("4c13", 0)
LITRES = ValueSettings(designation="Cold", unit="l", factor="0.001")


def read(session: Session, address: str, frames: Sequence[bytes], number: int = 1) -> Meter:
    at = AT + timedelta(minutes=number)
    (accepted,) = reader.accept(session, [Delivery("b", 1, number, at, address, frames)])
    assert accepted is not None
    return accepted.meter


@pytest.fixture
def water(session: Session) -> list[Meter]:
    """Three water meters of a kind, and a heat meter."""
    for number, address in enumerate(("1", "2", "3", "4")):
        meters.add(session, address)
        maker = installation.heat if address == "4" else installation.water
        read(session, address, maker(f"2000000{address}", 1000 + number), number + 1)
    return list(meters.all(session))


def made(session: Session, meter: Meter) -> Template:
    value_settings.change(session, "Olga", meter, {VOLUME: LITRES})
    meters.change(session, meter.address, {"snd_nke": False})
    again = meters.get(session, meter.id)
    assert again is not None
    return templates.of_meter(session, again, "Water")


def test_a_template_has_the_meters_settings_and_every_value(
    session: Session, water: list[Meter]
) -> None:
    template = made(session, water[0])
    assert template.kind == Kind("HYD", 7, 4)
    assert template.meter == {"meter_type": None, "snd_nke": False, "application_reset": None}
    assert list(template.values) == [VOLUME, OLD, ("426c", 0), ("023b", 0)]
    assert template.values[VOLUME] == LITRES
    assert template.values[OLD] == PLAIN


def test_a_meter_that_was_never_read_makes_none(session: Session) -> None:
    with pytest.raises(BadSetting, match="read it once"):
        templates.of_meter(session, meters.add(session, "9"), "x")


def test_a_preview_tells_meter_by_meter_and_value_by_value_and_changes_nothing(
    session: Session, water: list[Meter]
) -> None:
    template = made(session, water[0])
    value_settings.change(
        session, "Olga", water[2], {OLD: LITRES, ValueKey("0403", 0): ValueSettings(phase=1)}
    )
    first, second, third = templates.preview(session, template)
    assert not first
    assert second.settings == [("snd_nke", True, False)]
    (value,) = second.values
    before, after = (own_values.told(line) for line in (value.before, value.after))
    assert (before["name"], before["value"], before["unit"]) == ("Volume", "1.001", "m^3")
    assert (after["name"], after["value"], after["unit"]) == ("Cold", "1001", "l")
    assert [own_values.told(one.after)["name"] for one in third.values] == [
        "Cold",
        "Volume / Monat 1",
    ]
    assert third.gone == 1
    assert templates.preview(session, template)[1].values == second.values


def test_it_is_given_to_every_meter_of_its_kind_and_to_no_other(
    session: Session, water: list[Meter]
) -> None:
    template = made(session, water[0])
    changed = templates.apply(session, "Olga", template)
    assert [meter.address for meter in changed] == ["2", "3"]
    for meter in meters.all(session):
        own = value_settings.of(session, meter).by_key
        assert own == ({} if meter.address == "4" else {VOLUME: LITRES})
        assert meter.snd_nke is (meter.address == "4")
    assert not any(templates.preview(session, template))
    assert templates.apply(session, "Olga", template) == []
    told = [(one.what, one.which) for one in audit.newest(session, 6)]
    assert ("template.applied", "Water") in told
    assert ("meter.values_changed", "3") in told
    assert ("meter.changed", "3") in told


def test_another_number_of_records_or_version_is_another_kind(
    session: Session, water: list[Meter]
) -> None:
    template = made(session, water[0])
    for kind in (Kind("HYD", 8, 4), Kind("HYD", 7, 5), Kind("HYE", 7, 4)):
        other = Template("other", kind, template.meter, template.values)
        assert list(templates.preview(session, other)) == []
        assert templates.apply(session, "Olga", other) == []


def test_a_new_meter_gets_the_template_of_its_kind_at_its_first_readout(
    session: Session, water: list[Meter]
) -> None:
    store.add(session, "Olga", made(session, water[0]))
    for address in ("11", "12", "13", "14"):
        meters.add(session, address)
    entered = meters.all(session)[-1]
    value_settings.change(session, "Olga", entered, {OLD: LITRES})
    meters.change(session, "12", {"application_reset": 3})
    new = read(session, "11", installation.water("20000011", 5), 11)
    assert (value_settings.of(session, new).by_key, new.snd_nke) == ({VOLUME: LITRES}, False)
    set_before = read(session, "14", installation.water("20000014", 5), 15)
    assert value_settings.of(session, set_before).by_key == {OLD: LITRES}
    mine = read(session, "12", installation.water("20000012", 5), 12)
    assert mine.application_reset == 3, "what somebody has set stays"
    assert (
        value_settings.of(session, read(session, "13", installation.heat("30000003", 1), 13)).items
        == ()
    )
    known = read(session, "2", installation.water("20000002", 5), 14)
    assert value_settings.of(session, known).items == (), "one that was read before is asked for"
    (told,) = (
        one
        for one in audit.newest(session, 9)
        if one.what == "meter.values_changed" and one.which == "11"
    )
    assert told.who == templates.BY_ITSELF


def test_a_deleted_template_greets_nobody(session: Session, water: list[Meter]) -> None:
    number = store.add(session, "Olga", made(session, water[0]))
    store.delete(session, "Olga", number, AT)
    meters.add(session, "11")
    new = read(session, "11", installation.water("20000011", 5), 11)
    assert value_settings.of(session, new).items == ()


def test_the_sample_of_a_kind_without_meters_names_its_values(session: Session) -> None:
    heads = ("0c13", "4c13", "0dfd11", "426c", "0f", "ff", "0d" + "ff" * 40)
    values = {ValueKey(head, 0): PLAIN for head in heads}
    template = Template("alone", Kind("HYD", 7, 4), {}, values)
    lines = templates.sample(session, template)
    assert [line["quantity"] for line in lines][:4] == [
        *("Volume", "Volume", "Customer", "Time point (date)")
    ]
    assert list(own_values.keys(lines)) == list(values)
    assert {line["value"] for line in lines} == {None}


def test_there_is_one_template_for_a_kind(session: Session, water: list[Meter]) -> None:
    template = made(session, water[0])
    number = store.add(session, "Olga", template)
    other = Template("Second", template.kind, template.meter, {})
    with pytest.raises(Busy, match="Water"):
        store.add(session, "Olga", other)
    assert store.add(session, "Olga", other, replace=True) == number
    kept = store.of_kind(session, template.kind)
    assert kept is not None
    assert kept.template == other
    with pytest.raises(BadSetting, match="another kind"):
        store.change(session, "Olga", number, Template("x", Kind("HYD", 9, 4), template.meter, {}))


def test_a_deleted_one_is_had_back_unless_there_is_another(
    session: Session, water: list[Meter]
) -> None:
    template = made(session, water[0])
    number = store.add(session, "Olga", template)
    store.delete(session, "Olga", number, AT)
    assert (store.all(session), store.get(session, number)) == ([], None)
    store.restore(session, "Olga", number)
    assert [kept.template for kept in store.all(session)] == [template]
    with pytest.raises(BadSetting, match="none of this number was deleted"):
        store.restore(session, "Olga", number)
    store.delete(session, "Olga", number, AT)
    new = store.add(session, "Olga", template)
    store.delete(session, "Olga", new, AT + timedelta(days=2))
    with pytest.raises(BadSetting):
        store.restore(session, "Olga", 99)
    store.restore(session, "Olga", new)
    assert [one.what for one in audit.newest(session, 2)] == [
        "template.restored",
        "template.deleted",
    ]
