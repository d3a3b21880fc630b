"""`scan`: find the meters on the bus, through the core where one runs, else the board's port.

The board scans by itself; this command starts it, asks how it goes and prints who was found, each
as soon as it is known. So a lost link only delays the news: it is asked for again.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from host import log
from host.commands import adding, changing, direct
from host.commands.scan_watch import Row, Watch
from host.core import client
from host.device.facts import ScanState
from host.readout import commissioning
from shared.errors import BadSetting, Busy, DeadlineExceeded, LinkLost
from shared.link.messages import MOST_FOUND
from shared.mbus.addresses import parse_address

DONE = 0
FAILED = 1
STOPPED = 130

LOWEST, HIGHEST = 1, 250
"""Primary addresses that are scanned (manual 6.4.1)."""

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_ASK_S = 0.3
"""Between two questions how it goes."""
_PATIENCE_S = 120.0
"""For a link that is lost."""

_EPILOG = """\
Exit status: 0 the scan went to its end, 1 it failed or the link stayed lost, 2 wrong use,
130 stopped, by Ctrl-C, SIGTERM or somebody else. What was found until then is printed in every
case, and nothing is registered unless --add is given. A scan whose shell was killed goes on.

examples:
  python -m host scan --secondary                      everybody, by the numbers on their plates
  python -m host scan --secondary 1234FFFF --baud 300,2400
  python -m host scan --primary 1-250 --add
  python -m host scan --follow         watch the scan that is under way, or how the last one ended
"""

Answer = TypeVar("Answer")


class Scans:
    """The scan of a board, behind a core or at a port: how it is started, asked and stopped."""

    def __init__(
        self,
        start: Callable[..., Awaitable[ScanState]],
        state: Callable[[], Awaitable[ScanState]],
        stop: Callable[[], Awaitable[ScanState]],
        found: Callable[[int], Awaitable[Sequence[Row]]],
    ) -> None:
        self.start, self.state, self.stop, self.found = start, state, stop, found


def add_arguments(options: argparse.ArgumentParser, bauds: Sequence[int]) -> None:
    """Add the options of the command; `bauds` are the rates there are."""
    options.formatter_class = argparse.RawDescriptionHelpFormatter
    options.epilog = _EPILOG
    add = options.add_argument
    way = options.add_mutually_exclusive_group()
    way.add_argument("--primary", metavar="A-B", help="primary addresses from A to B, 1-250")
    way.add_argument(
        "--secondary",
        nargs="?",
        const="FFFFFFFF",
        metavar="MASK",
        help="by secondary address (the default); MASK: 8 or 16 hex digits, F stands for any",
    )
    add("--backward", action="store_true", help="search from the last digit on, as the key does")
    add(
        "--baud",
        default="2400",
        metavar="N,...",
        help=f"rates, one after the other: {', '.join(map(str, bauds))} (default: 2400)",
    )
    add("--segment", type=int, metavar="N", help="this output of the board only (default: all)")
    add("--port", metavar="PORT", help="port of the board, used while no core runs")
    add("--follow", action="store_true", help="start none: watch the one under way, or the last")
    add("--stop", action="store_true", help="stop the one under way and print what it found")
    add("--json", action="store_true", help="one JSON object when it is over")
    add("--add", action="store_true", help="register the meters found, each at its baud rate")


async def scan(options: argparse.Namespace) -> int:
    """Scan as `options` say and print who is found; return the exit status.

    Raises BadSetting and BadAddress for a scan that cannot be, Busy while another runs.
    """
    log.configure("scan", quiet=True)
    wanted = None if options.follow or options.stop else _wanted(options)
    watch = Watch(as_json=options.json)
    async with _scans(options.data, options.port) as scans:
        status = await follow(scans, wanted, watch, stopping=options.stop)
    watch.end()
    if options.add and status != FAILED:
        await register(options.data, watch.rows, as_json=options.json)
    return status


def _wanted(options: argparse.Namespace) -> dict[str, Any]:
    """Return the params of `scan.start`. Raises BadSetting and BadAddress."""
    if options.backward and options.primary is not None:
        raise BadSetting("--backward is an order of --secondary; addresses are asked from A to B")
    first, last = LOWEST, HIGHEST
    if options.primary is not None:
        first, last = _range(options.primary)
    mask = options.secondary or "FFFFFFFF"
    if parse_address(mask).secondary is None:
        raise BadSetting(f"{mask}: a mask has 8 or 16 hex digits, F stands for any")
    try:
        bauds = [int(baud) for baud in options.baud.split(",")]
    except ValueError:
        raise BadSetting(f"--baud {options.baud}: write rates such as 300,2400") from None
    return {
        "by": "secondary" if options.primary is None else "primary",
        "first": first,
        "last": last,
        "mask": mask,
        "backward": options.backward,
        "bauds": bauds,
        "segment": options.segment,
    }


def _range(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    if not (text.isascii() and first.isdigit() and (last.isdigit() or not dash)):
        raise BadSetting(f"range error: {text}; write two primary addresses, such as 1-250")
    low, high = int(first), int(last or first)
    if not LOWEST <= low <= high <= HIGHEST:
        raise BadSetting(
            f"range error: {text}; primary addresses go from {LOWEST} to {HIGHEST},"
            " the first is the lower"
        )
    return low, high


@contextlib.asynccontextmanager
async def _scans(data: Path, port: str | None) -> AsyncGenerator[Scans]:
    """Give the scan of the core of the data folder's board, or of the board at `port`."""
    async with client.connect(data) as core:
        if core is not None:

            async def start(**wanted: Any) -> ScanState:
                return ScanState.of(await core.call("scan.start", **wanted))

            async def state() -> ScanState:
                return ScanState.of(await core.call("scan.state"))

            async def stop() -> ScanState:
                return ScanState.of(await core.call("scan.stop"))

            async def found(after: int) -> Sequence[Row]:
                return (await core.call("scan.found", after=after, limit=MOST_FOUND))["meters"]

            yield Scans(start, state, stop, found)
        elif port is not None:
            async with direct.connected(port) as board:

                async def rows(after: int) -> Sequence[Row]:
                    return [asdict(one) for one in await board.found(after)]

                yield Scans(board.start_scan, board.scan_state, board.stop_scan, rows)
        else:
            raise direct.neither(data)


async def follow(
    scans: Scans, wanted: dict[str, Any] | None, watch: Watch, *, stopping: bool = False
) -> int:
    """Start the scan and tell `watch` of it until it is over; return the exit status.

    wanted: params of `scan.start`, None to join the scan under way or the last one; stopping: stop
    it at once. Raises Busy while another runs, BadSetting when there is none to join.
    """
    stop = asyncio.Event()
    if stopping:
        stop.set()
    loop = asyncio.get_running_loop()
    for number in _STOPPING:
        loop.add_signal_handler(number, stop.set)
    try:
        state = await _begin(scans, wanted, watch)
        state = await _watch(scans, state, stop, watch)
    except LinkLost as error:
        watch.failed(error)
        return FAILED
    finally:
        _heed_no_more()
    if state.error is not None:
        watch.failed(state.error)
    return {"done": DONE, "stopped": STOPPED}.get(state.end or "", FAILED)


def _heed_no_more() -> None:
    """Let the next signal end us at once."""
    for number in _STOPPING:
        asyncio.get_running_loop().remove_signal_handler(number)


async def _begin(scans: Scans, wanted: dict[str, Any] | None, watch: Watch) -> ScanState:
    """Start a scan, once however often the link is lost meanwhile, or join one."""
    before = await _patiently(scans.state, watch)
    if wanted is None:
        if not before.number:
            raise BadSetting("there was no scan since the board started")
        return before

    async def start() -> ScanState:
        now = await scans.state()
        if (now.boot, now.number) != (before.boot, before.number):
            return now  # begun, and only the answer was lost
        return await scans.start(**wanted)

    if before.running:
        raise Busy("a scan is under way: `scan --follow` shows it, `scan --stop` ends it")
    return await _patiently(start, watch)


async def _watch(scans: Scans, started: ScanState, stop: asyncio.Event, watch: Watch) -> ScanState:
    """Tell `watch` of the scan that `started` until it is over, stop it when told; return its end.

    Raises LinkLost when the link stays lost or the board has another scan.
    """
    stopping = False
    while True:
        if stop.is_set() and not stopping:
            stopping = True
            _heed_no_more()
            await _patiently(scans.stop, watch)
        state = await _patiently(scans.state, watch)
        if (state.boot, state.number) != (started.boot, started.number):
            raise LinkLost("the board restarted or began another scan; start this one again")
        if not state.running:
            # From the first on: who was found before may have got a rate, or lost its trouble.
            watch.settle(await _fetch(scans, 0, state.found, watch))
            watch.progress(state)
            return state
        watch.found(await _fetch(scans, len(watch.rows), state.found, watch))
        watch.progress(state)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ASK_S):
                await stop.wait() if not stopping else await asyncio.sleep(_ASK_S)


async def _fetch(scans: Scans, after: int, count: int, watch: Watch) -> list[Row]:
    """Return the meters found behind the first `after`, until there are `count`."""
    rows: list[Row] = []
    while after + len(rows) < count:
        more = await _patiently(functools.partial(scans.found, after + len(rows)), watch)
        if not more:
            break
        rows += more
    return rows


async def _patiently(ask: Callable[[], Awaitable[Answer]], watch: Watch) -> Answer:
    """Ask again while the link is lost, for two minutes."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _PATIENCE_S
    while True:
        try:
            return await ask()
        except (LinkLost, DeadlineExceeded) as error:
            if loop.time() > until:
                raise LinkLost(str(error)) from None
            watch.waiting(error)
            await asyncio.sleep(_ASK_S)


async def register(data: Path, rows: Sequence[Row], *, as_json: bool) -> None:
    """Register who said who it is, at 2400 baud where it can, else at its highest rate."""
    together: dict[tuple[int, int], list[str]] = {}
    for row in rows:
        if row["trouble"] is None:
            baud = commissioning.best_baud(row["bauds"])
            together.setdefault((baud, row["segment"]), []).append(row["address"])
    with contextlib.redirect_stdout(sys.stderr if as_json else sys.stdout):
        for (baud, segment), addresses in together.items():
            await adding.add(data, addresses, baud=baud, cycle_s=None, name=None, site=None)
            if segment > 1:
                await changing.change(data, addresses, {"segment": segment})
