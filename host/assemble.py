"""The only file that builds everything: which parts a process is made of, and with what.

Each function is one process from its first line of log to its exit status. Tests build the same
parts with fakes in their places.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import structlog

from host import log
from host.core import client, schedule
from host.core.core import Core
from host.device.ports import check_port
from host.lock import FolderLock
from host.settings.readout import ReadoutSettings, check_cycle
from host.settings.site import SiteSettings
from host.store import accounts, database, meters, place, rescue, settings
from host.store.database import Unreachable
from host.store.meters import Meter
from host.supervisor import EXIT_HOPELESS, Child, Supervisor
from host.web.listening import THIS_MACHINE, check_address, listen, seen_from_here, url
from shared.errors import Busy, MbuslinkError

_log = structlog.get_logger(__name__)

USUAL_PORTS = (80, 8080)
"""Where the pages are unless somebody chooses; who is not root may need the second."""
_WAIT_S = 2.0
"""Before a database's server is asked again."""


def run_core(data: Path, port: str, cycle_s: int | None, *, verbose: bool = False) -> int:
    """Be the core process until SIGTERM or SIGINT; return the exit status.

    data: the data folder, made when it is not there. port: the board's. cycle_s: the common
    readout cycle, None for the stored one. What no restart can cure (another core, a damaged
    database without a backup) is told on standard error and ends with `EXIT_HOPELESS`.
    """
    lock = FolderLock(data, "core")
    try:
        check_port(port)
        prepare(data)
        log.configure("core", data, verbose=verbose)
        lock.take()
        notice, stored, zone, known = _opened(data)
        if notice is not None:
            print(f"mbuslink core: {notice}", file=sys.stderr)
            _log.error("the database was restored", notice=notice)
        settings_now = stored if cycle_s is None else stored.changed(cycle_s=cycle_s)
        warn_of_cycle(known, settings_now.cycle_s)
        asyncio.run(_until_told(Core(data, port, settings_now, zone, notice)))
    except MbuslinkError as error:
        print(f"mbuslink core: {error}", file=sys.stderr)
        return EXIT_HOPELESS
    finally:
        lock.release()
    return 0


def _opened(data: Path) -> tuple[str | None, ReadoutSettings, str, Sequence[Meter]]:
    """Bring the database up to date; return what is to be told of it, what is set, the meters.

    Waits for a server that does not answer, as after a power cut that stopped it as well.
    """
    told = False
    while True:
        try:
            path = place.of(data)
            notice = rescue.upgrade(data, datetime.now(UTC))
            with contextlib.suppress(database.DiskFull):  # readings are read all the same
                accounts.have_first_in(path)
            with database.reading(path) as session:
                stored = settings.load(session, ReadoutSettings)
                zone = settings.load(session, SiteSettings).zone
                return notice, stored, zone, meters.all(session)
        except Unreachable as error:
            if not told:
                print(f"mbuslink core: waiting: {error}", file=sys.stderr, flush=True)
                _log.error("waiting for the database", fault=str(error))
            told = True
            time.sleep(_WAIT_S)


def warn_of_cycle(known: Sequence[Meter], cycle_s: int) -> None:
    """Say on standard error when the bus can hardly read these meters every `cycle_s`, 0 for none.

    The shortest cycle that it can meet is named; what the board finds when it reads counts later.
    """
    too_short = schedule.guess(known, cycle_s)
    if too_short is not None:
        print(f"mbuslink: warning: the bus is too slow for this: {too_short}", file=sys.stderr)


def prepare(data: Path) -> None:
    """Make the data folder. Raises `StoreFault` when that cannot be."""
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise database.StoreFault(
            f"{data}: the data folder cannot be made ({error.strerror}); choose another --data"
        ) from error


def _warn_of_stored(data: Path, cycle_s: int | None) -> None:
    """Warn of the meters in `data`, where there are any that this release can read already."""
    path = place.of(data)
    if isinstance(path, Path) and not path.exists():
        return
    with contextlib.suppress(MbuslinkError), database.reading(path) as session:
        stored = settings.load(session, ReadoutSettings)
        warn_of_cycle(meters.all(session), stored.cycle_s if cycle_s is None else cycle_s)


def run_host(
    data: Path,
    port: str,
    web_port: int | None,
    cycle_s: int | None,
    *,
    web_host: str = THIS_MACHINE,
    web_names: Sequence[str] = (),
    verbose: bool = False,
) -> int:
    """Be the supervisor of core and web until SIGTERM or SIGINT; return the exit status.

    web_port: of the pages, 0 for any, None for 80, or 8080 where that is not permitted or taken.
    web_host: the address that the pages listen on; web_names: more names of this machine.
    When both serve, one line of JSON on standard output says so: {"ready": true, "web": URL, ...}.
    Raises `Busy` when another host has the data folder or another program the web port,
    `BadSetting` when `port` or `web_host` can be none.
    """
    check_port(port)
    prepare(data)
    log.configure("supervisor", data, verbose=verbose)
    lock = FolderLock(data, "host")
    lock.take()
    try:
        if cycle_s is not None:
            check_cycle(cycle_s)
        _warn_of_stored(data, cycle_s)
        check_address(web_host)
        number = _usual_port(web_host) if web_port is None else _free_port(web_host, web_port)
        cycle = [] if cycle_s is None else ["--cycle", str(cycle_s)]
        where = ["--data", str(data.resolve())]
        core = ["-m", "host", "core", *where, "--port", port, *cycle]
        web = ["-m", "host.web", *where, "--port", str(number), *cycle]
        web += ["--host", web_host, *(f"--name={name}" for name in web_names)]
        children = (
            Child("core", core, lambda: _answers_at(data), data / "log" / "core.log"),
            Child("web", web, lambda: _listens(web_host, number), data / "log" / "web.log"),
        )
        ready = {
            "ready": True,
            "web": url(web_host, number),
            "data": str(data.resolve()),
            "port": port,
        }
        supervisor = Supervisor(children, lambda: print(json.dumps(ready), flush=True))
        return asyncio.run(supervisor.run())
    finally:
        lock.release()


def _usual_port(address: str) -> int:
    """Return the first of `USUAL_PORTS` that may be used; say so when it is another than that.

    Raises `Busy` when there is none.
    """
    *before, last = USUAL_PORTS
    for number in before:
        try:
            return _free_port(address, number)
        except Busy as error:
            print(f"mbuslink: {error}; trying port {last}", file=sys.stderr)
    return _free_port(address, last)


def _free_port(address: str, number: int) -> int:
    """Return `number`, or any free port for 0. Raises `Busy` when it is taken."""
    try:
        with listen(address, number) as probe:
            return probe.getsockname()[1]
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Busy(
            f"port {number} on {address} cannot be used ({reason}); stop the program that has it"
            f" or choose another --web-port"
        ) from None


async def _answers_at(data: Path) -> bool:
    async with client.connect(data) as core:
        return core is not None


async def _listens(address: str, number: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(seen_from_here(address), number)
    except OSError:
        return False
    writer.close()
    return True


async def _until_told(core: Core) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await core.run(stop)
