"""The only file that builds everything: which parts a process is made of, and with what.

Each function is one process from its first line of log to its exit status. Tests build the same
parts with fakes in their places.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from host import log
from host.core.core import Core
from host.lock import FolderLock
from host.settings.readout import ReadoutSettings
from host.store import database, migrate, settings
from host.supervisor import EXIT_HOPELESS
from shared.errors import MbuslinkError


def run_core(data: Path, port: str, cycle_s: int | None, *, verbose: bool = False) -> int:
    """Be the core process until SIGTERM or SIGINT; return the exit status.

    data: the data folder, made when it is not there. port: the board's. cycle_s: the common
    readout cycle, None for the stored one. What no restart can cure (another core, a damaged
    database) is told on standard error and ends with `EXIT_HOPELESS`.
    """
    lock = FolderLock(data, "core")
    try:
        prepare(data)
        log.configure("core", data, verbose=verbose)
        lock.take()
        path = database.database_path(data)
        migrate.upgrade(path)
        with database.open_reader(path)() as session:
            stored = settings.load(session, ReadoutSettings)
        cycle = ReadoutSettings(cycle_s) if cycle_s is not None else stored
        asyncio.run(_until_told(Core(data, port, cycle.cycle_s)))
    except MbuslinkError as error:
        print(f"mbuslink core: {error}", file=sys.stderr)
        return EXIT_HOPELESS
    finally:
        lock.release()
    return 0


def prepare(data: Path) -> None:
    """Make the data folder. Raises `StoreFault` when that cannot be."""
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise database.StoreFault(
            f"{data}: the data folder cannot be made ({error.strerror}); choose another --data"
        ) from error


async def _until_told(core: Core) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await core.run(stop)
