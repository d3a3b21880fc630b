"""Two of a hundred writes fail: what was said to be stored is there, and nothing twice."""

import asyncio
import errno
import random
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from host.core.nightly import Nightly
from host.store import arrivals, check, database, meters
from host.store.database import StoreFault
from host.store.writer import Writer
from tests.fakes import history, storing
from tests.fakes.failing_disk import failing
from tests.fakes.history import AT, HOUR

CYCLES = 80


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["ENOSPC", "EIO"])
def test_what_was_stored_stays_and_what_failed_can_be_stored_again(path: Path, number: int) -> None:
    chance = random.Random(number)
    counted = {"writes": 0, "failed": 0}

    def fails(size: int) -> int:
        if number == errno.ENOSPC and not size:
            return 0  # a sync finds no full disk
        counted["writes"] += 1
        failed = chance.random() < 0.02
        counted["failed"] += failed
        return number if failed else 0

    def register(session: Session) -> None:
        for meter in range(1, storing.METERS + 1):
            meters.add(session, str(meter))

    async def main() -> None:
        writer = Writer(path)
        await writer.run(register)
        refused = 0
        with failing(fails):
            for cycle in range(1, CYCLES + 1):
                batch = storing.cycle(cycle)
                while True:  # the board delivers again until it is told to forget
                    try:
                        await writer.run(lambda s, batch=batch: arrivals.append(s, batch))
                        break
                    except StoreFault:
                        refused += 1
                if cycle % 10 == 0:
                    now = AT + 6 * cycle * HOUR
                    await Nightly(writer, path.parent, lambda now=now: now).look()
                there = await writer.read(lambda s: len(meters.all(s)))
                assert there == storing.METERS
        assert counted["failed"] > 8
        assert refused or number == errno.ENOSPC
        await Nightly(writer, path.parent, lambda: AT + timedelta(days=60)).look()
        await writer.close()

    asyncio.run(main())
    assert database.damage(path) is None
    assert check.run(path).problems == []
    found = sorted(b"".join(frames) for frames in history.stored(path).values())
    wanted = [b"".join(a.frames) for n in range(1, CYCLES + 1) for a in storing.cycle(n)]
    assert found == sorted(wanted)
