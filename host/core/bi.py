"""Has the table for BI tools filled while the core runs, by a process of its own.

`python -m host bi fill` does the work at low priority and on its own connection to the database:
nothing of it runs in the core's loop or in its writer, and no readout waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path

import structlog

from host.store import bi, place
from host.store.database import StoreFault
from host.store.place import Server
from host.store.writer import Writer
from shared.errors import MbuslinkError

LOOK_S = 900.0
"""Between two fillings: so late a reading may be in the table."""

_ROOT = Path(__file__).resolve().parents[2]
_SAID_MAX = 400

_log = structlog.get_logger(__name__)


class BiTable:
    """Fills the table of the database of `writer`, in the data folder `data`, where it is on.

    fault: why it could not be filled last, as text; None when all went well.
    """

    def __init__(self, writer: Writer, data: Path) -> None:
        self.fault: str | None = None
        self._writer = writer
        self._data = data
        self._filling = asyncio.Lock()

    async def run(self) -> None:
        """Fill now and then until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Fill it if it is on. What fails is told once."""
        async with self._filling:
            fault: str | None = None
            try:
                await self._fill()
            except (MbuslinkError, OSError) as error:
                fault = str(error)
            if fault and fault != self.fault:
                _log.error("the table for BI tools is not filled", fault=fault)
            self.fault = fault

    async def _fill(self) -> None:
        if not isinstance(place.of(self._data), Server):
            return
        if await self._writer.read(bi.mark) is None:
            return
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "host", "bi", "fill", "--background"),
            *("--data", str(self._data.resolve())),
            cwd=_ROOT,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            _, said = await process.communicate()
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()  # what it has committed stays
                await process.wait()
        if process.returncode:
            *_, last = said.decode(errors="replace").splitlines() or ("it ended",)
            raise StoreFault(last.removeprefix("mbuslink: ")[:_SAID_MAX])
