"""`scan`: find the meters on the bus, through the core where one runs, else the board's port.

The board scans by itself; this command starts it, asks how it goes and prints who was found, each
as soon as it is known. So a lost link only delays the news: it is asked for again.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from host import log
from host.commands import adding, changing, direct
from host.core import client
from host.device.facts import ScanState
from host.readout import telegram_table
from shared.errors import BadSetting, DeadlineExceeded, LinkLost, MbuslinkError
from shared.link.messages import MOST_FOUND
from shared.mbus.addresses import parse_address

DONE = 0
FAILED = 1
STOPPED = 130

HIGHEST_PRIMARY = 250

_ASK_S = 0.3
"""Between two questions how it goes."""
_PATIENCE_S = 120.0
"""For a link that is lost."""

_EPILOG = """\
Exit status: 0 the scan went to its end, 1 it failed or the link stayed lost, 2 wrong use,
130 stopped by Ctrl-C. What was found until then is printed in every case, and nothing is
registered unless --add is given.

examples:
  python -m host scan --secondary                      everybody, by the numbers on their plates
  python -m host scan --secondary 1234FFFF --baud 300,2400
  python -m host scan --primary 1-250 --add
"""

Row = dict[str, Any]
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
    add("--json", action="store_true", help="one JSON object when it is over")
    add("--add", action="store_true", help="register the meters found, each at its baud rate")


async def scan(options: argparse.Namespace) -> int:
    """Scan as `options` say and print who is found; return the exit status.

    Raises BadSetting and BadAddress for a scan that cannot be, Busy while another runs.
    """
    log.configure("scan", quiet=True)
    wanted = _wanted(options)
    watch = _Watch(as_json=options.json)
    async with _scans(options.data, options.port) as scans:
        status = await _follow(scans, wanted, watch)
    watch.end()
    if options.add and status != FAILED:
        await register(options.data, watch.rows, as_json=options.json)
    return status


def _wanted(options: argparse.Namespace) -> dict[str, Any]:
    """Return the params of `scan.start`. Raises BadSetting and BadAddress."""
    first, last = 1, HIGHEST_PRIMARY
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
    if not (first.isdigit() and (last.isdigit() or not dash)):
        raise BadSetting(f"range error: {text}; write two primary addresses, such as 1-250")
    low, high = int(first), int(last or first)
    if not 0 <= low <= high <= HIGHEST_PRIMARY:
        raise BadSetting(
            f"range error: {text}; primary addresses go from 1 to {HIGHEST_PRIMARY},"
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


async def _follow(scans: Scans, wanted: dict[str, Any], watch: _Watch) -> int:
    """Start the scan and tell `watch` of it until it is over; return the exit status."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, stop.set)
    try:
        state = started = await scans.start(**wanted)
        stopping = False
        while True:
            if stop.is_set() and not stopping:
                stopping = True
                loop.remove_signal_handler(signal.SIGINT)  # the second one ends us at once
                await _patiently(scans.stop, watch)
            state = await _patiently(scans.state, watch)
            if (state.boot, state.number) != (started.boot, started.number):
                raise LinkLost("the board restarted or began another scan; start this one again")
            while len(watch.rows) < state.found:
                watch.found(await _patiently(lambda: scans.found(len(watch.rows)), watch))
            watch.progress(state)
            if not state.running:
                break
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ASK_S):
                    await stop.wait() if not stopping else await asyncio.sleep(_ASK_S)
    except LinkLost as error:
        watch.failed(error)
        return FAILED
    finally:
        loop.remove_signal_handler(signal.SIGINT)
    if state.error is not None:
        watch.failed(state.error)
    return {"done": DONE, "stopped": STOPPED}.get(state.end or "", FAILED)


async def _patiently(ask: Callable[[], Awaitable[Answer]], watch: _Watch) -> Answer:
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
            baud = 2400 if 2400 in row["bauds"] else max(row["bauds"])
            together.setdefault((baud, row["segment"]), []).append(row["address"])
    with contextlib.redirect_stdout(sys.stderr if as_json else sys.stdout):
        for (baud, segment), addresses in together.items():
            await adding.add(data, addresses, baud=baud, cycle_s=None, name=None, site=None)
            if segment > 1:
                await changing.change(data, addresses, {"segment": segment})


class _Watch:
    """What the person at the terminal sees: a line for each meter, and one that moves.

    The meters go to standard output, the moving line to standard error if that is a terminal.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.rows: list[Row] = []
        self._as_json = as_json
        self._is_live = sys.stderr.isatty()
        self._state: ScanState | None = None
        self._error: MbuslinkError | None = None

    def found(self, rows: Sequence[Row]) -> None:
        """Print the meters that are new."""
        for row in rows:
            self.rows.append(row)
            if not self._as_json:
                self._moving("")
                print(_line(row), flush=True)

    def progress(self, state: ScanState) -> None:
        """Move the line on."""
        self._state = state
        left = "" if state.left_s is None else f", about {_duration(state.left_s)} left"
        self._moving(
            f"{state.permille // 10} % {state.found} found, {state.probes} probes,"
            f" {state.collisions} collisions at {state.baud} baud{left}"
        )

    def waiting(self, error: MbuslinkError) -> None:
        """Say that the link is lost and comes back by itself."""
        self._moving(f"waiting for the board: {error}")

    def failed(self, error: MbuslinkError) -> None:
        """Keep why it failed, for the end."""
        self._error = error

    def end(self) -> None:
        """Print the result."""
        self._moving("")
        state, error = self._state, self._error
        if self._as_json:
            told = {
                "end": "failed" if error else state and state.end,
                "probes": state.probes if state else 0,
                "collisions": state.collisions if state else 0,
                "elapsed_s": state.elapsed_s if state else 0,
                "error": error and {"key": error.key, "detail": str(error)},
                "found": self.rows,
            }
            print(json.dumps(told, ensure_ascii=False))
        elif state is not None:
            how = "" if state.end == "done" and not error else f" ({state.end or 'not at its end'})"
            print(
                f"{len(self.rows)} meters found, {state.probes} probes, {state.collisions}"
                f" collisions, {_duration(state.elapsed_s)}{how}",
                file=sys.stderr,
            )
        if error is not None:
            print(f"mbuslink: scan failed: {error}", file=sys.stderr)

    def _moving(self, text: str) -> None:
        if self._is_live:
            shown = telegram_table.printable(text)[:78]
            print(f"\r\x1b[K{shown}", end="", file=sys.stderr, flush=True)


def _line(row: Row) -> str:
    """Return a found meter as a line: address, the other address, rates, what it is to us."""
    parts = [f"{row['address']:16}"]
    other = row["primary"] if row["address"] == row["secondary"] else row["secondary"]
    parts.append(f"{'' if other is None else other:>16}")
    parts.append(",".join(map(str, row["bauds"])))
    if row["segment"] > 1:
        parts.append(f"segment {row['segment']}")
    if "standing" in row:
        differences = f" ({', '.join(row['differences'])})" if row["differences"] else ""
        parts.append(row["standing"] + differences)
    if row["trouble"]:
        parts.append(_TROUBLES.get(row["trouble"], str(row["trouble"])))
    return "  ".join(parts).rstrip()


_TROUBLES = {
    "garbled_answer": "two meters answer here, or one answers rubbish",
    "no_answer": "acknowledges, but gives no data",
}


def _duration(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min {seconds % 60} s"
