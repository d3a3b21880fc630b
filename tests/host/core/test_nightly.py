"""The core packs the days that are over, while readings come in."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from host.core.nightly import Nightly
from host.settings.storage import StorageSettings
from host.store import (
    arrivals,
    backup,
    ballast,
    check,
    database,
    meters,
    readings,
    rescue,
    settings,
)
from host.store.arrivals import Arrival
from host.store.database import Damaged
from host.store.place import Place
from host.store.tables import BlockRow, ReadingRow
from host.store.writer import Writer
from tests.fakes import installation
from tests.fakes.loop import in_loop

AT = datetime(2026, 11, 20, tzinfo=UTC)
METERS = 20


def arrival(meter_id: int, number: int, at: datetime) -> Arrival:
    return Arrival(meter_id, at, installation.water("20000002", number), "b", 1, number)


def fill(session: Session) -> None:
    for meter_id in range(1, METERS + 1):
        meters.add(session, str(meter_id))
    arrivals.append(
        session,
        [
            arrival(meter_id, METERS * hour + meter_id, AT + timedelta(hours=hour))
            for hour in range(72)
            for meter_id in range(1, METERS + 1)
        ],
    )


def counts(session: Session) -> tuple[int, int]:
    tables = (ReadingRow, BlockRow)
    hot, blocks = (session.scalar(select(func.count()).select_from(t)) for t in tables)
    return hot or 0, blocks or 0


@in_loop
async def test_days_that_are_over_are_packed_while_readings_come_in(
    place: Place, tmp_path: Path
) -> None:
    writer = Writer(place)
    await writer.run(fill)
    packing = asyncio.create_task(Nightly(writer, tmp_path, lambda: AT + timedelta(days=3)).pack())
    number = 100_000
    while not packing.done():  # late ones for the very day that is being packed
        number += 1
        late = arrival(1, number, AT + timedelta(milliseconds=number))
        await writer.run(lambda session, late=late: arrivals.append(session, [late]))
    assert packing.result() == 2
    assert await Nightly(writer, tmp_path, lambda: AT + timedelta(days=3)).pack() in (0, 1)
    hot, blocks = await writer.read(counts)
    assert (hot, blocks) == (METERS * 24, 2 * METERS)
    stored = await writer.read(lambda session: readings.list(session, 1))
    assert len(stored) == 72 + number - 100_000
    await writer.close()


@in_loop
async def test_a_days_backup_is_made_once_and_the_newest_two_stay(path: Path) -> None:
    writer, data = Writer(path), path.parent
    await writer.run(fill)
    now = AT + timedelta(days=3)
    nightly = Nightly(writer, data, lambda: now)
    for hours in (0, 5, 19, 24):
        now += timedelta(hours=hours)
        await nightly.look()
    moments = [backup.made_at(kept) for kept in backup.kept(data)]
    assert moments == [AT + timedelta(days=5), AT + timedelta(days=4)]
    assert nightly.fault is None
    hot, blocks = await writer.read(counts)
    assert (hot, blocks) == (0, 3 * METERS)
    await writer.close()
    assert check.run(backup.kept(data)[0]).problems == []


@in_loop
async def test_a_clock_that_is_set_back_keeps_the_backups_in_their_order(path: Path) -> None:
    writer, data = Writer(path), path.parent
    for day in (100, 3, 4):
        await Nightly(writer, data, lambda day=day: AT + timedelta(days=day)).back_up()
    moments = [backup.made_at(kept) for kept in backup.kept(data)]
    assert moments == [AT + timedelta(days=4), AT + timedelta(days=3)]
    await writer.close()


@in_loop
async def test_steps_of_the_clock_lose_nothing(place: Place, tmp_path: Path) -> None:
    """Ahead, back and ahead again: days are packed and come back as they were."""
    writer = Writer(place)
    await writer.run(fill)
    await writer.run(lambda s: settings.save(s, StorageSettings(keep_days=30)))
    before = await writer.read(lambda s: readings.list(s, 1))
    number = METERS * 72
    for days in (3, 4000, 1, 4000, 3, -4000):
        now = AT + timedelta(days=days)
        number += 1
        late = arrival(2, number, now + timedelta(seconds=number))
        await writer.run(lambda s, late=late: arrivals.append(s, [late]))
        nightly = Nightly(writer, tmp_path, lambda now=now: now)
        await nightly.pack()
        assert await nightly.purge() == 0
        assert await writer.read(lambda s: readings.list(s, 1)) == before
    assert len(await writer.read(lambda s: readings.list(s, 2))) == 72 + 6
    await writer.close()


@in_loop
async def test_what_fails_is_told_and_keeps_nothing_else_from_being_done(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, data = Writer(path), path.parent
    await writer.run(fill)
    monkeypatch.setattr(backup, "RESERVE_BYTES", 1 << 60)
    nightly = Nightly(writer, data, lambda: AT + timedelta(days=3))
    await nightly.look()
    assert "no room for the nightly backup" in (nightly.fault or "")
    assert await writer.read(counts) == (METERS * 24, 2 * METERS)
    assert (data / ballast.FILE_NAME).stat().st_size == ballast.SIZE_BYTES
    monkeypatch.undo()
    await nightly.look()
    assert nightly.fault is None
    await writer.close()


@in_loop
async def test_damage_is_found_at_night_and_mended_at_the_next_start(path: Path) -> None:
    writer, data = Writer(path), path.parent
    await writer.run(fill)
    now = AT + timedelta(days=3)
    nightly = Nightly(writer, data, lambda: now)
    await nightly.look()
    await writer.close()
    with path.open("r+b") as file:
        file.seek(-8192, os.SEEK_END)
        file.write(b"\xa5" * 8192)
    writer = Writer(path)
    now += timedelta(days=1)
    nightly = Nightly(writer, data, lambda: now)
    with pytest.raises(Damaged, match="restart the host"):
        await nightly.back_up()
    await writer.close()
    assert len(backup.kept(data)) == 1
    assert database.suspicion(path).exists()
    assert "backup of 2026-11-23 00:00" in (rescue.upgrade(data, now) or "")


@in_loop
async def test_a_meter_deleted_a_day_ago_is_forgotten(place: Place) -> None:
    writer = Writer(place)
    now = AT + timedelta(days=4)
    await writer.run(fill)
    await writer.run(lambda s: meters.delete(s, "1", now - timedelta(hours=25)))
    await writer.run(lambda s: meters.delete(s, "2", now - timedelta(hours=23)))
    nightly = Nightly(writer, Path(), lambda: now)
    assert await nightly.forget_deleted() == 1
    assert await nightly.forget_deleted() == 0
    assert await writer.read(lambda s: readings.list(s, 1)) == []
    assert await writer.run(lambda s: meters.restore(s, "2")) is not None
    await writer.close()
