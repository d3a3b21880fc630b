"""The disk of the PostgreSQL server is full: readings wait on the board, readers go on.

Two disks can be: that of the data, where the server goes on and refuses what needs room, and that
of its log (WAL), where it ends, and goes on once an administrator has made room and started it.
"""

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError

from host.core import journal
from host.core.events import FaultChanged, ReadoutFinished
from host.store import migrate, place
from host.web import sight
from host.web.meters_view import MetersView
from host.web.reader import Reader
from tests.fakes import history, postgresql, small_disk
from tests.fakes.board_over_tcp import answer
from tests.fakes.loop import in_loop
from tests.fakes.postgresql import Cluster
from tests.host.core.test_core import House, house

MOST_READOUTS = 500

pytestmark = [
    pytest.mark.skipif("MBUSLINK_FAULTS" not in os.environ, reason="opt-in: MBUSLINK_FAULTS=1"),
    pytest.mark.skipif(not small_disk.may_mount(), reason="root alone may mount a disk"),
    pytest.mark.slow,
    pytest.mark.timeout(120),
]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "RETRY_S", 0.2)


@pytest.fixture(params=["data", "wal"])
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, Cluster, Path]]:
    """What lies on the small disk, the server and the disk."""
    reason = postgresql.why_not()
    if reason is not None:
        pytest.skip(reason)
    with postgresql.on_small_disk(request.param) as (cluster, disk):
        yield request.param, cluster, disk


def faults(h: House) -> list[str | None]:
    return [event.fault for event in h.heard if isinstance(event, FaultChanged)]


def telegrams(data: Path) -> Counter[bytes]:
    return Counter(b"".join(frames) for frames in history.stored(place.of(data)).values())


def fill_log(data: Path) -> None:
    """Have another program write to the server's log until it has no room, and ends."""
    where = place.of(data)
    assert isinstance(where, place.Server)
    query = text("SELECT pg_logical_emit_message(true, 'test', repeat('x', 100000))")
    with contextlib.suppress(DatabaseError), create_engine(where.url).connect() as connection:
        for _ in range(1000):
            connection.execute(query)
            connection.commit()


async def read_until_refused(h: House) -> None:
    for number in range(1, MOST_READOUTS):
        await h.call("readout.start", meters=None)
        await h.until_heard(ReadoutFinished, number)
        if any(faults(h)):
            return
    raise AssertionError("the disk was never full")


@in_loop
async def test_readings_wait_readers_go_on_and_it_recovers_by_itself(
    server: tuple[str, Cluster, Path], tmp_path: Path
) -> None:
    what, cluster, disk = server
    with cluster.database() as name:
        place.write(tmp_path, cluster.url(name, "house"))
        migrate.upgrade(place.of(tmp_path))
        async with house(tmp_path) as h:
            await h.call("meters.add", addresses=["5", "7"])
            await h.until_heard(ReadoutFinished)
            await h.until(lambda: len(h.board.acknowledged) == 2)
            filler = small_disk.fill(disk)
            if what == "wal":
                await h.call("readout.start", meters=None)
                fill_log(tmp_path)
                await h.until(lambda: any(faults(h)))
            else:
                await read_until_refused(h)
            acknowledged = len(h.board.acknowledged)
            held = h.board.board.journal.state()["held"]
            assert held > 0

            if what == "data":
                assert "free some space on the database's server" in str(faults(h)[-1])
                assert len(faults(h)) == 1, "it is told once"
                sight.look(None)
                view = MetersView(Reader(tmp_path), lambda: 900)
                assert [row.meter.address for row in view.rows()] == ["5", "7"]
                there = telegrams(tmp_path)
                assert sum(there.values()) == acknowledged
                assert (await h.call("state"))["fault"] == str(faults(h)[-1])[:400]
            else:
                assert "see its log" in str(faults(h)[-1])
            assert len(h.board.acknowledged) == acknowledged

            if what == "wal":
                cluster.stop()  # if it is still trying to recover
            filler.unlink()
            if what == "wal":
                cluster.start()
            await h.until(lambda: not h.board.board.journal.state()["held"])
            await h.until(lambda: faults(h)[-1] is None)
            asked = len(h.board.worker.asked)
            assert len(h.board.acknowledged) == asked
            assert telegrams(tmp_path) == wanted(h)
            assert (await h.call("state"))["fault"] is None


def wanted(h: House) -> Counter[bytes]:
    """Return all that the meters have said."""
    asked: list[Any] = h.board.worker.asked
    return Counter(answer(int(one["address"]), number) for number, one in enumerate(asked, 1))
