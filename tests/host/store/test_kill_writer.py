"""kill -9 of the writer at random moments, in mid-commit, mid-packing and mid-backup.

What was said to be committed is there, nothing is there twice, the file is sound every time.
"""

import os
import random
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from host.store import backup, check, database, meters
from tests.fakes import history, storing


def prepare(path: Path) -> None:
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        for number in range(1, storing.METERS + 1):
            meters.add(session, str(number))
    engine.dispose()


def kill_and_look(path: Path, times: int, seed: int) -> None:
    prepare(path)
    chance = random.Random(seed)
    last = 0
    for _ in range(times):
        last = storing.until_killed(path.parent, last + 1, chance.uniform(0, 0.1))
        database.check(path, whole=True)
        there = history.stored(path)
        wanted = {
            b"".join(arrival.frames)
            for number in range(1, last + 1)
            for arrival in storing.cycle(number)
        }
        found = [b"".join(frames) for frames in there.values()]
        assert wanted <= set(found), f"after cycle {last} readings are missing"
        assert len(found) == len(set(found)), f"after cycle {last} a reading is there twice"
        assert len(set(found) - wanted) in (0, storing.METERS), "half of a cycle"
        last += len(set(found) - wanted) // storing.METERS  # committed, but not said any more
        assert all(database.damage(kept) is None for kept in backup.kept(path.parent))
    assert check.run(path).problems == []


def test_thirty_kills_lose_nothing_and_store_nothing_twice(path: Path) -> None:
    kill_and_look(path, 30, 20261127)


@pytest.mark.skipif("MBUSLINK_FAULTS" not in os.environ, reason="opt-in: MBUSLINK_FAULTS=1")
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_hundred_kills(path: Path) -> None:
    kill_and_look(path, 200, 4)
