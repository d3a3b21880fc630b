"""The board reads by its schedule while no host is there, and after a power cut as well.

Twin, plant and host are the real ones. When the host is back it gets every reading once, while
reading goes on.
"""

import asyncio
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.fakes.loop import in_loop
from tests.fakes.plant import running_plant
from tests.fakes.twin import TwinProcess, running_twin
from tests.whole.test_kill_board import kill, link_to
from tests.whole.test_kill_core import register, start_core, stored
from tests.whole.test_restart import all_kept

SCALE = 20
METERS = 4
CYCLES = 2
CYCLE_S = 10  # of start_core; on a board that knows the time, seconds of the world
AWAY_S = CYCLES * CYCLE_S + 1
ALONE_S = 3 * CYCLES * CYCLE_S / SCALE  # on a board that does not, its own


async def held(twin: TwinProcess) -> Counter[bytes]:
    """Return the readings that wait on the board; none is acknowledged."""
    async with link_to(twin) as link:
        entries = await all_kept(link)
    return Counter(
        bytes.fromhex("".join(entry["telegrams"]))
        for entry in entries
        if entry["kind"] == "meter" and not entry["error"]
    )


async def host_until(data: Path, twin: TwinProcess, count: int, wanted: Counter[bytes]) -> None:
    """Run a host until it has stored so many readings, all that are `wanted` among them."""
    core = await start_core(data, f"tcp://{twin.serial_tcp[0]}:{twin.serial_tcp[1]}")
    try:
        end = time.monotonic() + 40
        while True:
            await asyncio.sleep(0.1)
            assert time.monotonic() < end, "the host did not get the readings"
            try:
                rows = stored(data)
            except Exception:
                continue  # the core is just making the database
            if rows.total() >= count and wanted <= rows:
                return
    finally:
        core.terminate()
        await core.wait()


@pytest.mark.slow
@pytest.mark.twin
@pytest.mark.timeout(120)
@in_loop
async def test_every_reading_of_a_host_less_time_comes_home_once(tmp_path: Path) -> None:
    await register(tmp_path, METERS)
    with running_plant(METERS, time_scale=SCALE) as plant, running_twin(plant.bus, SCALE) as twin:
        await host_until(tmp_path, twin, METERS, Counter())
        before = stored(tmp_path)  # the last one may wait on the board still, to be acknowledged
        await asyncio.sleep(AWAY_S)
        backlog = await held(twin)
        assert backlog.total() > METERS, "the board did not read by itself"
        await host_until(tmp_path, twin, 0, before | backlog)
        await kill(twin)
        await asyncio.sleep(ALONE_S)
        alone = await held(twin)
        assert alone.total() > METERS, "the schedule was lost in the power cut"
        await host_until(tmp_path, twin, 0, before | backlog | alone)
        rows = stored(tmp_path)
    assert set(rows.values()) == {1}, "a reading was stored twice"
