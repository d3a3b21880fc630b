"""The core packs the days that are over, while readings come in."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from host.core.nightly import Nightly
from host.store import arrivals, meters, readings
from host.store.arrivals import Arrival
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
async def test_days_that_are_over_are_packed_while_readings_come_in(path: Path) -> None:
    writer = Writer(path)
    await writer.run(fill)
    packing = asyncio.create_task(Nightly(writer, lambda: AT + timedelta(days=3)).pack())
    number = 100_000
    while not packing.done():  # late ones for the very day that is being packed
        number += 1
        late = arrival(1, number, AT + timedelta(milliseconds=number))
        await writer.run(lambda session, late=late: arrivals.append(session, [late]))
    assert packing.result() == 2
    assert await Nightly(writer, lambda: AT + timedelta(days=3)).pack() in (0, 1)
    hot, blocks = await writer.read(counts)
    assert (hot, blocks) == (METERS * 24, 2 * METERS)
    stored = await writer.read(lambda session: readings.list(session, 1))
    assert len(stored) == 72 + number - 100_000
    await writer.close()
