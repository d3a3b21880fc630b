"""Exports of a month beside csv.writer and zipfile level 6, by CPU; first byte; memory of a year.

The peer gets its numbers as (mantissa, exponent) from the same blocks, and texts ready made; it
formats each number by itself, and leaves rows to csv.writer and compression to zipfile.
Figures are of the meters asked for, and scaled to 250: a meter's export does not know the others.
"""

import csv
import io
import logging
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from host.export import columns, standard
from host.export.archive import FASTEST, STANDARD, Deflate
from host.export.csv_text import CsvStyle
from host.export.export import Export
from host.export.form import Format, Period
from host.export.full_db import COLUMNS
from host.export.source import Source
from host.export.subject import Subject
from host.store import database, series
from host.store.block import Part
from host.store.meters import Meter
from host.web.app import create_app
from host.web.core_line import CoreLine
from host.web.settings import WebSettings
from shared import scaled
from tools.bench import history

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ALL_METERS = 250
PEER = "csv.writer + zip 6"
KINDS = ("full-db", "standard")
GOALS = {("full-db", "zlib"): 6.0, ("full-db", "isal"): 12.0, ("standard", "zlib"): 2.5}
FIRST_BYTE_MS = 50
MEMORY_MB = 100
PEAK = """
import sys
from host.__main__ import main
main(sys.argv[1:])
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""

Cells = Iterator[Sequence[str]]


def options(parser):
    parser.add_argument("--meters", type=int, default=10, help="how many meters (default: 10)")
    parser.add_argument("--days", type=int, default=30, help="days of the month (default: 30)")
    parser.add_argument("--values", type=int, default=20, help="values of a meter (default: 20)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the best counts")
    parser.add_argument("--year", type=int, default=365, help="days of the year (default: 365)")


def run(chosen):
    missed = []
    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory(prefix="bench-export-") as folder:
        month = Path(folder) / "month" / database.FILE_NAME
        history.fill(month, chosen.meters, chosen.days, 900, chosen.values)
        print(f"{chosen.meters} meters x {chosen.values} values, {chosen.days} days, every 15 min")
        print("kind      writer              CPU s   x250   MB in zip   ratio   goal")
        missed += writers(month, chosen)
        missed += first_byte(month.parent)
        year = Path(folder) / "year" / database.FILE_NAME
        history.fill(year, 2, chosen.year, 900, chosen.values)
        missed += memory(year.parent, chosen.year)
    for text in missed:
        print("missed:", text)
    return bool(missed)


def writers(path: Path, chosen) -> list[str]:
    """Measure ours and the peer by turns; return the goals that were missed.

    isal is the last: on some processors it leaves vector registers in a state in which zlib takes
    twice as long in the same process.
    """
    source = Source(path, Period())
    ways: dict[tuple[str, str], Callable[[], int]] = {}
    for kind in KINDS:
        ways[kind, PEER] = partial(peer, source, kind)
        for deflate in (STANDARD, FASTEST):
            ways[kind, deflate.name] = partial(ours, source, kind, deflate)
    best: dict[tuple[str, str], float] = {}
    sizes: dict[tuple[str, str], int] = {}
    for is_isal in (False, True):
        for _ in range(chosen.rounds):
            for key in (key for key in ways if (key[1] == "isal") == is_isal):
                begin = time.process_time()
                sizes[key] = ways[key]()
                best[key] = min(best.get(key, 1e9), time.process_time() - begin)
    missed = []
    for (kind, name), spent in sorted(best.items()):
        ratio, goal = best[kind, PEER] / spent, GOALS.get((kind, name))
        scaled = spent * ALL_METERS / chosen.meters
        aim = f"{goal:6.1f}" if goal else ""
        size = sizes[kind, name] / 1e6
        print(f"{kind:9} {name:18} {spent:6.2f} {scaled:6.0f} {size:11.1f} {ratio:7.1f} {aim}")
        if goal and ratio < goal:
            missed.append(f"{kind} by {name} {ratio:.1f} times the peer, goal {goal}")
    return missed


def ours(source: Source, kind: str, deflate: Deflate) -> int:
    """Write the archive as the host does; return how large it is."""
    work = Export(source, source.meters(), Format(kind), NOW)
    return sum(map(len, work.archive(deflate)))


class Sink(io.RawIOBase):
    """Counts what is written to it."""

    size = 0

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.size += len(data)
        return len(data)


def peer(source: Source, kind: str) -> int:
    """Write the same files with the standard library; return how large the ZIP is."""
    sink = Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for meter in source.meters():
            rows = full_db_rows if kind == "full-db" else standard_rows
            with archive.open(f"{meter.id}.csv", "w") as entry:
                text = io.TextIOWrapper(entry, "utf-8", newline="")
                csv.writer(text, delimiter=";").writerows(rows(source, meter))
                text.flush()
                text.detach()
    return sink.size


def full_db_rows(source: Source, meter: Meter) -> Cells:
    """Yield the rows of the FULL-DB file: 38 cells that stay, the moment, the value."""
    yield COLUMNS
    file = Export(source, [meter], Format("full-db"), NOW).file(meter)
    begin = b""
    while begin.count(b"\r\n") < 2:  # the header and one row, in however many pieces
        begin += next(file.data)
    stay = next(csv.reader([begin.decode().split("\r\n")[1]], delimiter=";"))
    style = CsvStyle(";", ".")
    for piece in source.pieces(meter):
        for packed in piece:
            times = [str(moment // 1000) for moment in packed.moments]
            (part,) = packed.parts
            for column in columns.sheet(part, "en").columns:
                before, after = stay[:37], stay[39:]
                before[21:23] = column.name, column.unit
                cells = peer_cells(part, column, style)
                for moment, cell in zip(times, cells, strict=True):
                    yield [*before, moment, cell, *after]


def standard_rows(source: Source, meter: Meter) -> Cells:
    """Yield the rows of the Standard file."""
    subject = Subject(meter, lambda: source.pieces(meter))
    names = standard.names_of(subject, "en")
    yield [*standard.FIXED_COLUMNS, *(f"{name}{end}" for name, _ in names for end in ("", "_E"))]
    who = [str(meter.primary), str(meter.serial), "AMT", "192", "Heat (outlet)"]
    style = CsvStyle(";", ".")
    for piece in source.pieces(meter):
        for packed in piece:
            (part,) = packed.parts
            found = columns.sheet(part, "en").columns
            cells = [peer_cells(part, column, style) for column in found]
            units = [column.unit for column in found]
            times = standard.moments_text(packed.moments)
            for moment, row in zip(times, zip(*cells, strict=True), strict=True):
                line = [moment, *who]
                for cell, unit in zip(row, units, strict=True):
                    line += (cell, unit)
                yield line


def peer_cells(part: Part, column: columns.Column, style: CsvStyle) -> Sequence[str]:
    """Return the cells of a value: numbers one by one."""
    value = series.values(part.layout)[column.index]
    mantissas = series.mantissas(part, value)
    if mantissas is None:
        return columns.cells([part], column, style)[0]
    return [scaled.text(mantissa, value.exponent) for mantissa in mantissas]


def first_byte(data: Path) -> list[str]:
    """Measure a download of the web page from the request to its first byte, its best of five."""
    client = create_app(WebSettings(data), CoreLine(data)).test_client()
    missed = []
    print("first byte of a download", end="")
    for kind, query in (("zip", ""), ("csv", "&meter=1"), ("json", "&meter=1&kind=json")):
        spent = []
        for _ in range(5):
            begin = time.perf_counter()
            answer = client.get(f"/export/data?{query}", buffered=False)
            next(answer.iter_encoded())
            spent.append(1000 * (time.perf_counter() - begin))
            answer.close()
        print(f"  {kind} {min(spent):.0f} ms", end="")
        if min(spent) > FIRST_BYTE_MS:
            missed.append(f"first byte of {kind} after {min(spent):.0f} ms, goal {FIRST_BYTE_MS}")
    print(f"  (goal {FIRST_BYTE_MS} ms)")
    return missed


def memory(data: Path, days: int) -> list[str]:
    """Measure the peak memory of `python -m host export` for a month and for all of the days."""
    missed = []
    for kind in ("full-db", "standard", "xlsx"):
        month, year = (peak_mb(data, kind, since) for since in ("2026-10-01", "2000-01-01"))
        print(f"peak memory, {kind}: a month {month:.0f} MB, {days} days {year:.0f} MB")
        if year > MEMORY_MB or year > month + 10:
            missed.append(f"{kind}: {year:.0f} MB, goal {MEMORY_MB} and flat")
    return missed


def peak_mb(data: Path, kind: str, since: str) -> float:
    """Return the most memory that an export took in a process of its own."""
    out = tempfile.mkdtemp(dir=data)
    words = ["export", "--data", str(data), "--out", out, "--zip", "--format", kind]
    command = [sys.executable, "-c", PEAK, *words, "--from", since]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout.split()[-2]) / 1024
