"""The schedule as it goes over the link: the same contents have the same name."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from host.core import schedule
from host.settings.readout import ReadoutSettings
from host.store import meters
from host.store.meters import Meter
from shared.link.messages import BOARD

NOW = int(datetime(2026, 11, 29, 12, tzinfo=UTC).timestamp())
DATES: Any = [[0, 31, 23], [6, 30, 0]]


def known(session: Session, count: int, **changes: Any) -> list[Meter]:
    for number in range(count):
        address = f"{number:08}FFFFFFFF" if changes else str(number)
        meters.add(session, address)
        meters.change(session, address, changes)
    return list(meters.all(session))


def test_the_pieces_fit_the_link_and_bring_every_meter(session: Session) -> None:
    odd = known(
        session, 250, baud=9600, cycle_s=172_800, per_day=24, segment=3, settle_ms=10_000,
        retries=5, snd_nke=False, application_reset=255,
    )  # fmt: skip
    settings = ReadoutSettings(dates=DATES * 6)
    built = schedule.build(odd, settings, "Europe/Zurich", NOW)
    pieces = list(built.pieces())
    for piece in pieces:
        BOARD.check_params("schedule.set", piece)
        assert len(json.dumps(piece)) < 1950
    found = [meter["address"] for piece in pieces for meter in piece["meters"]]
    assert found == [meter.address for meter in odd]
    assert [piece["first"] for piece in pieces][:2] == [0, len(pieces[0]["meters"])]


def test_no_meters_are_a_schedule_too(session: Session) -> None:
    (piece,) = schedule.build([], ReadoutSettings(), "", NOW).pieces()
    assert (piece["total"], piece["meters"]) == (0, [])
    BOARD.check_params("schedule.set", piece)


def test_the_revision_names_the_contents(session: Session) -> None:
    them = known(session, 3)
    first = schedule.build(them, ReadoutSettings(), "", NOW)
    assert schedule.build(them, ReadoutSettings(), "", NOW + 86400).revision == first.revision
    assert schedule.build(them, ReadoutSettings(cycle_s=60), "", NOW).revision != first.revision
    meters.change(session, "1", {"name": "Attic"})
    assert (
        schedule.build(meters.all(session), ReadoutSettings(), "", NOW).revision == first.revision
    )
    for changes in ({"segment": 2}, {"per_day": 1}, {"snd_nke": False}, {"retries": 0}):
        meters.change(session, "1", changes)
        built = schedule.build(meters.all(session), ReadoutSettings(), "", NOW)
        assert built.revision != first.revision
        first = built


def test_offsets_are_the_changes_of_the_zone() -> None:
    found = schedule.offsets("Europe/Zurich", NOW)
    assert found[0] == [0, 3600]
    assert found[1] == [int(datetime(2027, 3, 28, 1, tzinfo=UTC).timestamp()), 7200]
    assert found[2] == [int(datetime(2027, 10, 31, 1, tzinfo=UTC).timestamp()), 3600]
    zone = ZoneInfo("Europe/Zurich")
    for at_s, offset_s in found[1:]:
        after, before = (
            datetime.fromtimestamp(at_s - back, UTC).astimezone(zone) for back in (0, 1)
        )
        assert after.utcoffset() != before.utcoffset()
        assert after.utcoffset().total_seconds() == offset_s
    assert schedule.offsets("", NOW) == []
    assert schedule.offsets("Asia/Kolkata", NOW) == [[0, 19_800]]


def test_a_bus_that_is_too_slow_is_guessed_beforehand(session: Session) -> None:
    slow = known(session, 250, baud=300)
    found = schedule.guess(slow, 900)
    assert found is not None
    assert "segment 1" in str(found)
    assert 1100 < (found.shortest_cycle_s or 0) < 1700
    assert f"{found.shortest_cycle_s} s" in str(found)
    assert schedule.guess(slow, 1800) is None
