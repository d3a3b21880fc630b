from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from host.store import meters
from host.store.meters import Attempt, Identity
from shared.errors import Busy

AT = datetime(2026, 11, 20, tzinfo=UTC)


def test_an_added_meter_is_unread_and_found(session: Session) -> None:
    meter = meters.add(session, "10", primary=10, name="Boiler", cycle_s=60)
    assert (meter.state, meter.baud, meter.snd_nke, meter.last_read_at) == (
        "unread",
        2400,
        True,
        None,
    )
    assert meters.get(session, meter.id) == meter
    assert meters.by_address(session, "10") == meter
    assert list(meters.all(session)) == [meter]
    assert meters.get(session, 99) is None


def test_an_address_is_registered_once(session: Session) -> None:
    meters.add(session, "10")
    with pytest.raises(Busy, match="10: this address"):
        meters.add(session, "10")


@pytest.mark.parametrize(
    ("said", "changed_from", "secondary"),
    [
        (["0071134224230107"], None, "0071134224230107"),
        (["00711342FFFFFFFF"], None, "0071134224230107"),  # a fixed structure names no maker
        (["00711343FFFFFFFF"], "0071134224230107", "00711343FFFFFFFF"),
        (["0071134324230107"], "0071134224230107", "0071134324230107"),
        (["0071134324230107", "0071134424230107"], "0071134224230107", "0071134424230107"),
        (["0071134324230107", "00711342FFFFFFFF"], None, "00711342FFFFFFFF"),
    ],
)
def test_another_meter_at_an_address_is_remembered(
    session: Session, said: list[str], changed_from: str | None, secondary: str
) -> None:
    meter = meters.add(session, "10", primary=10, secondary="0071134224230107")
    for hour, text in enumerate(said):
        attempt = meters.Attempt(
            meter.id,
            datetime(2026, 11, 22, hour, tzinfo=UTC),
            "ok",
            identity=meters.Identity(None, text, None, text[:8], None, None),
            read=True,
        )
        meters.record_attempts(session, [attempt])
    now = meters.get(session, meter.id)
    assert now is not None
    assert (now.changed_from, now.secondary) == (changed_from, secondary)


def test_a_deleted_meter_is_gone_and_can_be_had_back(session: Session) -> None:
    boiler = meters.add(session, "10", name="Boiler")
    assert meters.delete(session, "10", AT) == boiler
    assert meters.delete(session, "10", AT) is None
    assert list(meters.all(session)) == []
    assert (meters.get(session, boiler.id), meters.by_address(session, "10")) == (None, None)
    assert meters.change(session, "10", {"name": "x"}) is None
    assert meters.numbers(session) == {"10": boiler.id}, "what it still sends finds it"
    assert meters.restore(session, "10") == boiler
    assert meters.restore(session, "10") is None
    assert list(meters.all(session)) == [boiler]


def test_a_deleted_meter_is_forgotten_with_time_or_for_another(session: Session) -> None:
    first = meters.add(session, "10")
    meters.add(session, "11")
    meters.delete(session, "10", AT)
    assert not meters.are_deleted(session, AT)
    assert meters.purge_deleted(session, AT) == 0
    second = meters.add(session, "10", name="another")
    assert meters.restore(session, "10") is None
    assert [meter.name for meter in meters.all(session)] == ["", "another"]
    assert second.id != first.id
    meters.delete(session, "10", AT)
    assert meters.are_deleted(session, AT + timedelta(seconds=1))
    assert meters.purge_deleted(session, AT + timedelta(seconds=1)) == 1
    assert meters.numbers(session) == {"11": 2}


def test_a_type_that_somebody_has_set_goes_before_what_the_meter_says(session: Session) -> None:
    meter = meters.add(session, "10")
    said = Identity(medium=0x04)
    meters.record_attempts(session, [Attempt(meter.id, AT, "ok", identity=said)])
    for meter_type, medium in ((0x16, 0x16), (None, 0x04)):
        changed = meters.change(session, "10", {"meter_type": meter_type})
        assert changed is not None
        assert changed.medium == medium
