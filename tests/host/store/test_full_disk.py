"""A disk full to the last byte: readers go on, readings wait, deleting works all the same."""

import asyncio
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from host.core.nightly import Nightly
from host.settings.storage import StorageSettings
from host.store import (
    arrivals,
    ballast,
    check,
    database,
    meters,
    migrate,
    readings,
    rescue,
    settings,
)
from host.store.database import DiskFull
from host.store.tables import DAY_MS, to_ms
from host.store.writer import Writer
from tests.fakes import installation, small_disk
from tests.fakes.history import AT, HOUR

DAY = to_ms(AT) // DAY_MS

pytestmark = pytest.mark.skipif(not small_disk.may_mount(), reason="root alone may mount a disk")


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    with small_disk.small_disk(tmp_path / "small", 48) as place:
        yield place


def long(number: int) -> arrivals.Arrival:
    """Return a reading of 12 KB, which no packing makes smaller."""
    chance = random.Random(number)
    frames = [installation.answer("20000002", "HYD", 7, chance.randbytes(200)) for _ in range(60)]
    return arrivals.Arrival(1, AT + number * HOUR, frames, "b", 1, number)


def test_readings_wait_readers_go_on_and_old_days_can_go(data: Path) -> None:
    path = database.database_path(data)
    migrate.upgrade(path)
    last = 24 * 12

    def fill(session: Session) -> None:
        meters.add(session, "1")
        batch = [long(n) for n in range(1, last)]
        arrivals.append(session, batch)

    async def main() -> None:
        writer = Writer(path)
        await writer.run(fill)
        assert await writer.make_ballast()
        filler = small_disk.fill(data)
        refused = None
        for number in range(last, last + 5000):
            try:
                one = long(number)
                await writer.run(lambda s, one=one: arrivals.append(s, [one]))
            except DiskFull as error:
                refused = error
                break
        assert refused is not None, "the disk was never full"
        assert "python -m host retention" in str(refused)
        count = number - 1
        assert len(await writer.read(lambda s: readings.list(s, 1))) == count
        assert (data / ballast.FILE_NAME).exists()
        with pytest.raises(DiskFull):
            await writer.run(lambda s: arrivals.append(s, [one]))

        # The user shortens the history: the setting and the deleting need the ballast's room.
        await writer.free(lambda s: settings.save(s, StorageSettings(keep_days=3)))
        now = AT + number * HOUR
        nightly = Nightly(writer, data, lambda: now)
        assert await nightly.purge() > 5
        assert (data / ballast.FILE_NAME).stat().st_size > 1 << 20
        await writer.run(lambda s: arrivals.append(s, [one]))
        kept = await writer.read(lambda s: readings.list(s, 1, oldest_first=True))
        assert kept[-1].at == one.at
        assert now - kept[0].at <= timedelta(days=4)

        # From now on readings take the room of those that went, though there is no other.
        more = small_disk.fill(data, "more")
        for again in range(1, 201):
            one = long(number + again)
            await writer.run(lambda s, one=one: arrivals.append(s, [one]))

        filler.unlink()
        more.unlink()
        await nightly.look()
        assert (data / ballast.FILE_NAME).stat().st_size == ballast.SIZE_BYTES
        await writer.close()

    asyncio.run(main())
    assert check.run(path).problems == []


def test_a_start_on_a_full_disk_serves_readers_and_deleting(data: Path) -> None:
    """Opening the database takes room, too; the ballast is there again as soon as it was needed."""
    path = database.database_path(data)

    async def before() -> None:
        migrate.upgrade(path)
        writer = Writer(path)
        await writer.run(lambda s: meters.add(s, "1"))
        await writer.run(lambda s: arrivals.append(s, [long(n) for n in range(1, 1000)]))
        await writer.make_ballast()
        await writer.close()

    async def after() -> None:
        assert rescue.upgrade(data, AT) is None
        writer = Writer(path)
        assert len(await writer.read(lambda s: readings.list(s, 1))) == 999
        await writer.make_ballast()  # the core's first look
        with pytest.raises(DiskFull):
            await writer.run(lambda s: arrivals.append(s, [long(n) for n in range(1000, 2000)]))
        small_disk.fill(data, "more")
        for day in range(1, 11):
            await writer.free(lambda s, day=day: readings.delete_before(s, DAY + day))
        assert len(await writer.read(lambda s: readings.list(s, 1))) == 1000 - 24 * 10
        assert (data / ballast.FILE_NAME).stat().st_size > 1 << 20
        await writer.close()

    asyncio.run(before())
    small_disk.fill(data)
    asyncio.run(after())
    assert check.run(path).problems == []
