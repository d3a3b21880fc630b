from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from host.store import meters
from shared.errors import Busy


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
