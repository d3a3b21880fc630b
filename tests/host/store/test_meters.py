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
