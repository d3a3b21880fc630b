"""The power goes in mid-write: what was said to be committed is there when it is back.

The disk is an ext4 in a file, shut down without writing its log, as if the power had gone.
"""

import os
import random
from pathlib import Path

import pytest

from host.store import backup, check, database, migrate
from tests.fakes import history, small_disk, storing
from tests.fakes.small_disk import Disk
from tests.host.store.test_kill_writer import prepare

CUTS = 20

pytestmark = [
    pytest.mark.skipif("MBUSLINK_FAULTS" not in os.environ, reason="opt-in: MBUSLINK_FAULTS=1"),
    pytest.mark.skipif(not small_disk.may_mount(), reason="root alone may mount a disk"),
    pytest.mark.slow,
    pytest.mark.timeout(600),
]


def test_twenty_power_cuts_lose_nothing(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "image", tmp_path / "disk")
    data = disk.place
    path = database.database_path(data)
    migrate.upgrade(path)
    prepare(path)
    chance = random.Random(5)
    last = 0
    try:
        for _ in range(CUTS):
            last = storing.until_cut(data, last + 1, chance.uniform(0, 0.2), disk.cut_power)
            disk.unmount()
            disk.power_on()
            there = {b"".join(frames) for frames in history.stored(path).values()}
            wanted = [b"".join(a.frames) for n in range(1, last + 1) for a in storing.cycle(n)]
            assert there >= set(wanted), f"after cycle {last} readings are missing"
            last += len(there - set(wanted)) // storing.METERS
            assert check.run(path).problems == []
            assert all(database.damage(kept) is None for kept in backup.kept(data))
    finally:
        disk.unmount()
