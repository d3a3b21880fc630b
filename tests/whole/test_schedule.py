"""A schedule of as many meters as there may be comes to a real board, within its memory."""

import pytest

from host.core import schedule
from host.core.schedule import Schedule
from shared.link.messages import MOST_IN_PIECE, MOST_SCHEDULED
from tests.fakes.loop import in_loop
from tests.fakes.twin import running_twin
from tests.whole.test_kill_board import link_to

TAKES_BYTES = 50_000
"""At most, of the heap: what comes, what waits for its turn, and the failed readings."""


SET = ("address", "baud", "cycle_s", "per_day")


def whole(revision: str, cycle_s: int) -> Schedule:
    """Return a schedule of meters with long addresses and long settings."""
    header = {"cycle_s": cycle_s, "dates": [[0, 31, 23]], "offsets": [[0, 3600]]}
    meters = [
        {"address": f"{n:08}A511{n:02X}04", "baud": 9600, "cycle_s": 86400, "per_day": 24}
        for n in range(MOST_SCHEDULED)
    ]
    return Schedule(revision, header, meters)


@pytest.mark.twin
@pytest.mark.timeout(120)
@in_loop
async def test_250_meters_by_their_secondary_address_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "PIECE_METERS", MOST_IN_PIECE)
    monkeypatch.setattr(schedule, "PIECE_BYTES", 1900)
    with running_twin() as twin:
        async with link_to(twin) as link:
            before = (await link.call("board.state"))["heap_free"]
            for revision, cycle_s in (("00000001", 900), ("00000002", 600)):
                wanted = whole(revision, cycle_s)
                for piece in wanted.pieces():
                    state = await link.call("schedule.set", timeout_ms=10_000, **piece)
                    assert len(piece["meters"]) > 20 or piece["first"] > 200
                assert (state["revision"], state["meters"]) == (revision, MOST_SCHEDULED)
            after = await link.call("board.state")
            assert after["heap_free"] > before - TAKES_BYTES
            assert after["link_damaged"] == 0
            held = []
            while len(held) < MOST_SCHEDULED:
                told = (await link.call("schedule.get", first=len(held)))["schedule"]
                held += told["meters"]
            for meter, given in zip(held, wanted.meters, strict=True):
                assert {name: meter[name] for name in SET} == {name: given[name] for name in SET}
