"""The readout as it is in a house: firmware on the board twin, plant, link, journal, in real time.

The board reads by its own schedule; each reading is kept in the journal, and the host takes it from
there, acknowledges, and asks twice a second how things are. The plant counts what was on the wire,
from the first byte to the last, and knows its floor. Where the host is away the readings go into
flash, each erase of which stops the twin as long as a board's chip does.
"""

import asyncio
import contextlib
import json
import os
import socket
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import meterbus
import serial

from host.device.board import Board
from host.device.link import State
from tools import prepare
from tools.bench import readout
from tools.children import Child

ERASE_MS = 45  # a sector of the W25Q16 of a Pico, typically

_PIECE = 8  # meters in one message: the board takes 2 kB


class Case(NamedTuple):
    """What is read: by is "primary" or "secondary"; lasts a minute only where `is_long` is not.

    is_away: no host takes the readings, so that the board writes them to its flash
    """

    meters: int
    baud: int
    by: str
    segments: int
    is_long: bool
    is_away: bool = False


CASES = (
    Case(50, 2400, "primary", 1, False),
    Case(50, 2400, "primary", 3, False),
    Case(50, 9600, "primary", 1, False),
    Case(50, 9600, "secondary", 1, False),
    Case(50, 9600, "primary", 1, False, is_away=True),
    Case(50, 2400, "secondary", 1, True),
    Case(250, 9600, "primary", 1, True),
    Case(250, 9600, "primary", 1, True, is_away=True),
    Case(250, 9600, "primary", 3, True),
    Case(250, 2400, "primary", 1, True),
    Case(250, 2400, "secondary", 1, True),
    Case(50, 300, "primary", 1, True),
    Case(250, 300, "primary", 1, True),
)


def run(long: bool, peer: bool, goal: float, goal_segments: float) -> int:
    """Measure the cases and print them; return how many goals were missed."""
    print("\nreal time: board twin, plant, host over the link, journal kept and acknowledged")
    print(f"host away: readings into flash, {ERASE_MS} ms for each erase")
    print(
        "meters   by          baud  segments  host     elapsed    floor    ratio  idle viol."
        "  heap free"
    )
    os.environ["MBUSLINK_TWIN_ERASE_MS"] = str(ERASE_MS)
    prepare.everything()
    spans: dict[tuple[int, int, str], float] = {}
    missed = 0
    for case in CASES:
        if case.is_long and not long:
            continue
        measured = _measure(case)
        missed += _row(case, measured, goal)
        span = max(figures["span_s"] for figures in measured.statistics)
        one = spans.setdefault((case.meters, case.baud, case.by), span)
        if case.segments > 1:
            is_met = span / one <= goal_segments
            missed += not is_met
            print(f"  {span / one:.3f} of one bus' time{'' if is_met else '   NOT met'}")
        if (
            peer
            and case.segments == 1
            and not case.is_away
            and case.by == "primary"
            and not case.is_long
        ):
            _peer_row(case)
    return missed


class Measured(NamedTuple):
    """What the plant counted on each segment, and the board's free heap at the end."""

    statistics: list[dict[str, Any]]
    heap_free: int
    failed: int


def _row(case: Case, measured: Measured, goal: float) -> int:
    them = readout.meters(case.meters, case.baud, case.segments)
    results = []
    for segment, figures in enumerate(measured.statistics, 1):
        needs = readout.needed([meter for meter in them if meter.segment == segment], case.by)
        results.append(readout.result_of(needs, figures, case.baud, figures["span_s"]))
    worst = max(results, key=lambda result: result.elapsed_s)
    violations = sum(result.violations for result in results)
    is_met = worst.ratio <= goal and not violations and not measured.failed
    print(
        f"{case.meters:6}   {case.by:9} {case.baud:6} {case.segments:9}"
        f"  {'away' if case.is_away else 'takes':5} {worst.elapsed_s:8.2f} s"
        f" {worst.floor_s:6.2f} s {worst.ratio:8.4f} {violations:11} {measured.heap_free:10}"
        + (f"   {measured.failed} failed" if measured.failed else "")
        + ("" if is_met else "   NOT met")
    )
    return not is_met


def _measure(case: Case) -> Measured:
    with _plant(case) as plant, tempfile.TemporaryDirectory() as folder:
        buses = [bus["bus"] for bus in plant["buses"]]
        twin = Child(
            "the board twin",
            ["-m", "tools.twin", "--dir", f"{folder}/board", "--bus", " ".join(buses)],
            Path(folder) / "twin.log",
        )
        port = twin.start()["port"]
        try:
            prepare.run_module("host", "flash", "--port", port, "--board", "twin")
            heap_free, failed = asyncio.run(_read_all(port, plant, case))
        finally:
            twin.stop()
        statistics = [
            _control(plant, "statistics", segment=bus["segment"]) for bus in plant["buses"]
        ]
        return Measured(statistics, heap_free, failed)


@contextlib.contextmanager
def _plant(case: Case):
    """Run a plant with the meters of `case`; yield its ready line."""
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "population.json"
        rows.write_text(json.dumps(_population(case)))
        options = ["--population", rows, "--baud", case.baud, "--segments", case.segments]
        child = Child(
            "the plant",
            ["-m", "tools.plant", *map(str, options)],
            Path(folder) / "plant.log",
        )
        try:
            yield child.start()
        finally:
            child.stop()


def _population(case: Case) -> list[dict[str, Any]]:
    """Return the demo's meters as a file lists them, the same that the exact figures are of."""
    return [
        {
            "profile": meter.profile.name,
            "serial": int(meter.secondary[:8]),
            "primary": meter.primary,
            "segment": meter.segment,
            "delay_bits": meter.delay_bits,
            "jitter_bits": meter.jitter_bits,
        }
        for meter in readout.meters(case.meters, case.baud, case.segments)
    ]


def _control(plant: dict[str, Any], cmd: str, **arguments: Any) -> Any:
    host, _, port = plant["control"].rpartition(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(json.dumps({"cmd": cmd, **arguments}).encode() + b"\n")
        with connection.makefile() as lines:
            return json.loads(lines.readline())["result"]


async def _read_all(port: str, plant: dict[str, Any], case: Case) -> tuple[int, int]:
    """Let the board read every meter once by its schedule, twice by secondary address.

    The first reading by secondary address finds out how a meter behaves. Return the board's free
    heap while it read, and how many readings failed.
    """
    kept = asyncio.Event()
    board = Board(port, on_journal=lambda _boot, _number: kept.set())
    keeping = asyncio.create_task(board.link.run())
    while board.link.status.state is not State.CONNECTED:  # noqa: ASYNC110 - a bench may
        await asyncio.sleep(0.05)
    taking = asyncio.create_task(asyncio.sleep(0) if case.is_away else _take(board, kept))
    try:
        _control(plant, "reset_statistics")
        await _give_schedule(board, plant, case)
        heap_free, failed = await _round(board)
        if case.by == "secondary":
            _control(plant, "reset_statistics")
            await board.link.call("readout.start", addresses=None)
            heap_free, failed = await _round(board)
        return heap_free, failed
    finally:
        taking.cancel()
        keeping.cancel()
        await asyncio.gather(taking, keeping, return_exceptions=True)


async def _give_schedule(board: Board, plant: dict[str, Any], case: Case) -> None:
    """Give the board all meters with a cycle of a day: it reads them at once."""
    rows = [
        {"address": str(meter[case.by]), "segment": meter["segment"], "baud": case.baud}
        for meter in plant["meters"]
    ]
    for first in range(0, len(rows), _PIECE):
        await board.link.call(
            "schedule.set",
            revision="bench---",
            cycle_s=86_400,
            dates=[],
            offsets=[],
            total=len(rows),
            first=first,
            meters=rows[first : first + _PIECE],
        )


async def _round(board: Board) -> tuple[int, int]:
    """Wait until the board has asked every meter; return its least free heap and the failures."""
    heap_free = 1 << 30
    while True:
        await asyncio.sleep(0.5)
        heap_free = min(heap_free, (await board.state()).heap_free)
        logger = await board.link.call("logger.state")
        if logger["round"] is None and logger["last"] is not None:
            return heap_free, logger["last"]["failed"]


async def _take(board: Board, kept: asyncio.Event) -> None:
    """Be the host: fetch what the board has kept and acknowledge it."""
    boot = number = 0
    while True:
        await kept.wait()
        kept.clear()
        while entries := (await board.fetch(boot, number)).entries:
            boot, number = entries[-1].boot, entries[-1].number or 0
            await board.acknowledge(boot, number)


def _peer_row(case: Case) -> None:
    """Read the same meters by pyMeterBus: ping, request, further telegrams, one after the other."""
    with _plant(case) as plant:
        url = plant["bus"].replace("tcp", "socket")
        with serial.serial_for_url(url, timeout=readout.window_s(case.baud)) as line:
            failed = sum(not _peer_reads(line, meter["primary"]) for meter in plant["meters"])
        figures = _control(plant, "statistics")
    needs = readout.needed(readout.meters(case.meters, case.baud), case.by)
    result = readout.result_of(needs, figures, case.baud, figures["span_s"])
    print(
        f"{'  pyMeterBus':18} {case.baud:6} {1:9}  {'':5} {result.elapsed_s:8.2f} s"
        f" {result.floor_s:6.2f} s {result.ratio:8.4f} {result.violations:11}"
        + (f"   {failed} failed" if failed else "")
    )


def _peer_reads(line: serial.Serial, primary: int) -> bool:
    """Return whether pyMeterBus got and understood all telegrams of a meter."""
    meterbus.send_ping_frame(line, primary)
    meterbus.recv_frame(line, 1)
    request: Any = meterbus.send_request_frame_multi(line, primary)
    while True:
        data = meterbus.recv_frame(line, 1)
        try:
            if not meterbus.load(data).more_records_follow:
                return True
        except Exception:  # whatever it cannot read: other masters' meters are not our matter
            return False
        request.header.cField.parts[0] ^= meterbus.CONTROL_MASK_FCB
        meterbus.send_request_frame_multi(line, req=request)
