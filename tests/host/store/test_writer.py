import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from host.store import database, meters
from host.store.database import StoreFault
from host.store.place import Place
from host.store.writer import Writer


def test_work_is_committed_when_run_returns(place: Place) -> None:
    async def main() -> None:
        writer = Writer(place)
        added = await asyncio.gather(
            *(writer.run(lambda s, a=str(n): meters.add(s, a)) for n in range(1, 6))
        )
        with database.open_reader(place)() as session:
            assert [m.address for m in meters.all(session)] == [m.address for m in added]
        await writer.close()

    asyncio.run(main())


def test_failed_work_leaves_nothing(place: Place) -> None:
    def work(session: Session) -> None:
        meters.add(session, "1")
        raise ValueError("in the middle")

    async def main() -> None:
        writer = Writer(place)
        with pytest.raises(ValueError, match="in the middle"):
            await writer.run(work)
        assert await writer.run(meters.all) == []
        await writer.close()

    asyncio.run(main())


def test_a_full_disk_is_a_store_fault_and_the_writer_lives_on(path: Path) -> None:
    def fill(session: Session) -> None:
        session.execute(text("CREATE TABLE bulk AS SELECT zeroblob(1000000) AS data"))

    async def main() -> None:
        writer = Writer(path)
        pages = await writer.run(lambda s: s.execute(text("PRAGMA page_count")).scalar_one())
        await writer.run(lambda s: s.execute(text(f"PRAGMA max_page_count={pages + 20}")))
        with pytest.raises(StoreFault, match=r"full; free some space"):
            await writer.run(fill)
        assert (await writer.run(lambda s: meters.add(s, "1"))).id == 1
        await writer.close()

    asyncio.run(main())
