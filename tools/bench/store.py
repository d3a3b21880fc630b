"""The store beside what one would do without it: bytes, writes and time, all in one run.

Peers: a file that takes the same bytes with write and fdatasync; a narrow table of a row a value,
keyed (series, moment), in SQLite as well (WITHOUT ROWID, its smallest form there). Bytes that go to
the device are the kernel's count for this process, with the write-ahead log and its folding in, so
`--dir` must lie on a real device. Both tables hold the same meters and days in one comparison.
"""

import logging
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from host.readout import charts, periods, reader
from host.readout.reader import Delivery
from host.store import arrivals, backup, compaction, database, series
from host.store import meters as known_meters
from host.store.arrivals import Arrival
from host.store.tables import DAY_MS, reading_id, to_ms
from tools.bench import history

GOAL_COMMIT = 2.5  # times the plain file
GOAL_WRITES = 250  # times fewer than the narrow table
GOAL_BYTES = 0.9  # a value
GOAL_READ = 4  # times quicker than the narrow table
GOAL_YEAR_MS = 40  # of one series, from the blocks to its hours
GOAL_DELAY_MS = 100  # of a commit while an export runs
GOAL_NIGHT_MB = 14  # a backup writes no more than the day's readings and their packing

CARD_BYTES = 32e9
TEN_YEARS_DAYS = 3652
CYCLE_S = 900
CYCLES_A_DAY = 96
VALUES = 20
CYCLES = 40
NARROW_ROWS = 400  # of each series: it then has pages of its own, as after any longer time
NARROW_CYCLES = 3  # each dirties all of the table
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)  # the day after the history
ZONE = ZoneInfo("Europe/Zurich")


def options(parser):
    parser.add_argument("--meters", type=int, default=250, help="meters of a cycle (250)")
    parser.add_argument("--days", type=int, default=31, help="packed days before it (31)")
    parser.add_argument("--narrow", type=int, default=25, help="meters of the tables read (25)")
    parser.add_argument("--year", action="store_true", help="365 packed days: takes some minutes")
    parser.add_argument("--dir", type=Path, default=Path.cwd(), help="where to work (here)")


def run(chosen):
    """Measure and print the table; return 1 where a goal is missed, else 0."""
    days = 365 if chosen.year else chosen.days
    logging.getLogger("alembic").setLevel(logging.WARNING)
    folder = Path(tempfile.mkdtemp(prefix=".bench-store-", dir=chosen.dir))
    try:
        path = database.database_path(folder)
        history.fill(path, chosen.meters, days, CYCLE_S, VALUES)
        narrow = Narrow(folder / "narrow.db")
        print(f"{chosen.meters} meters of {VALUES} values every 15 min, {days} packed days\n")
        missed = sum(
            (
                _bytes_a_value(path, chosen.meters, days, narrow),
                _commit(path, folder, chosen.meters),
                _writes(path, chosen.meters, narrow),
                _night(folder / "nights", chosen.meters, days),
                _month(folder, chosen.narrow),
                _year(folder),
                _beside_export(path, folder, chosen.meters),
            )
        )
    finally:
        shutil.rmtree(folder)
    print("\ngoals: " + ("met" if not missed else f"{missed} NOT met"))
    return 1 if missed else 0


class Narrow:
    """The peer: one row a value in a database at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = sqlite3.connect(path)
        self._file.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "CREATE TABLE readings (series INTEGER, ts INTEGER, value,"
            " PRIMARY KEY (series, ts)) WITHOUT ROWID;"
        )

    def fill(self, series_count: int, moments: Sequence[int]) -> None:
        """Enter a counter's values for each series, in the order that makes the best file."""
        with self._file:
            for number in range(series_count):
                rows = ((number, at, 1000 * number + place) for place, at in enumerate(moments))
                self._file.executemany("INSERT INTO readings VALUES (?, ?, ?)", rows)
        self.fold()

    def cycle(self, series_count: int, at: int) -> None:
        """Commit one value of every series."""
        with self._file:
            rows = ((number, at, at & 0xFFFFF) for number in range(series_count))
            self._file.executemany("INSERT INTO readings VALUES (?, ?, ?)", rows)

    def fetch(self) -> int:
        """Fetch everything, as a program would that wants to write it out; return how many rows."""
        query = "SELECT series, ts, value FROM readings ORDER BY series, ts"
        return len(self._file.execute(query).fetchall())

    def fold(self) -> None:
        self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def clear(self) -> None:
        with self._file:
            self._file.execute("DELETE FROM readings")


def _bytes_a_value(path: Path, meters: int, days: int, narrow: Narrow) -> int:
    size = path.stat().st_size
    ours = size / (meters * days * CYCLES_A_DAY * VALUES)
    moments = [number * 1000 * CYCLE_S for number in range(NARROW_ROWS)]
    narrow.fill(meters * VALUES, moments)
    theirs = narrow.path.stat().st_size / (meters * VALUES * NARROW_ROWS)
    ten_years = size / days * TEN_YEARS_DAYS
    print(
        f"the file has {size / 1e6:.1f} MB; ten years are {ten_years / 1e9:.1f} GB,"
        f" {100 * ten_years / CARD_BYTES:.0f} % of a card of 32 GB\n"
    )
    figure = f"{ours:.2f}, its telegram included"
    return _say(
        "bytes a value", figure, f"narrow {theirs:.1f}", f"<= {GOAL_BYTES}", ours, GOAL_BYTES
    )


def _commit(path: Path, folder: Path, count: int) -> int:
    """Commit cycles, write as many bytes to a file, and the rows by sqlite3 alone, by turns."""
    cycles = _cycles(count, 2 * CYCLES)
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        addresses = {number: address for address, number in known_meters.numbers(session).items()}
    ours: list[float] = []
    whole: list[float] = []
    plain: list[float] = []
    alone: list[float] = []
    bare = sqlite3.connect(folder / "bare.db")
    bare.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE readings (id INTEGER PRIMARY KEY, frames BLOB NOT NULL);"
    )
    with (folder / "plain").open("wb", buffering=0) as file, closing(bare):
        for cycle, another in zip(cycles[::2], cycles[1::2], strict=True):
            ours.append(_timed(lambda cycle=cycle: _store(engine, cycle)))
            data = b"".join(telegram for arrival in cycle for telegram in arrival.frames)
            plain.append(_timed(lambda data=data: (file.write(data), os.fdatasync(file))))
            rows = [(reading_id(to_ms(one.at), one.meter_id), one.frames[0]) for one in cycle]
            alone.append(_timed(lambda rows=rows: _insert(bare, rows)))
            deliveries = [_delivery(arrival, addresses) for arrival in another]
            whole.append(_timed(lambda all=deliveries: _accept(engine, all)))
    engine.dispose()
    ours_s, plain_s, alone_s, whole_s = map(statistics.median, (ours, plain, alone, whole))
    missed = _say(
        f"a cycle of {count * VALUES} values committed",
        f"{1000 * ours_s:.2f} ms",
        f"write + fdatasync {1000 * plain_s:.2f} ms",
        f"<= {GOAL_COMMIT} x",
        ours_s / plain_s,
        GOAL_COMMIT,
    )
    print(f"{'  sqlite3 alone, no look-up, one executemany':46}{1000 * alone_s:.1f} ms")
    print(f"{'  with decoding and the meters states':46}{1000 * whole_s:.1f} ms")
    return missed


def _writes(path: Path, count: int, narrow: Narrow) -> int:
    """Count what goes to the device for a cycle, folding the log at the end included."""
    cycles = _cycles(count, 3 * CYCLES)[2 * CYCLES :]
    engine = database.open_writer(path)
    _fold(path)
    before = _written()
    for cycle in cycles:
        _store(engine, cycle)
    engine.dispose()
    _fold(path)
    ours = (_written() - before) / len(cycles)
    narrow.fold()
    before = _written()
    for number in range(NARROW_CYCLES):
        narrow.cycle(count * VALUES, 1000 * CYCLE_S * (NARROW_ROWS + number))
        narrow.fold()
    theirs = (_written() - before) / NARROW_CYCLES
    return _say(
        "bytes written to the device a cycle",
        f"{ours / 1000:.0f} KB",
        f"narrow {theirs / 1e6:.1f} MB",
        f"1/{GOAL_WRITES}",
        GOAL_WRITES * ours / theirs,
        1,
    )


def _night(data: Path, count: int, days: int) -> int:
    """Count what the third night's backup writes, and a whole copy beside it."""
    path = database.database_path(data)
    history.fill(path, count, days, CYCLE_S, VALUES)
    packed = path.stat().st_size
    engine = database.open_writer(path)
    cycles = _cycles(count, 4 * CYCLES_A_DAY)
    written: list[int] = []
    for number in range(1, 5):
        for cycle in cycles[(number - 1) * CYCLES_A_DAY : number * CYCLES_A_DAY]:
            _store(engine, cycle)
        now = BEGIN + timedelta(days=number)
        _pack(engine, now)
        before = _written()
        backup.keep(data, now)
        written.append(_written() - before)
    engine.dispose()
    whole, ours = written[1], written[-1]
    ten_years = whole + packed * (TEN_YEARS_DAYS / days - 1)
    missed = _say(
        "bytes written by a night's backup",
        f"{ours / 1e6:.1f} MB",
        f"whole copy {whole / 1e6:.1f} MB",
        f"<= {GOAL_NIGHT_MB} MB",
        ours / 1e6,
        GOAL_NIGHT_MB,
    )
    print(f"{'  after ten years':46}{f'{ours / 1e6:.1f} MB':30}whole copy {ten_years / 1e6:.0f} MB")
    return missed


def _pack(engine, now: datetime) -> None:
    with Session(engine) as session:
        due = compaction.days_due(session, now)
    for day in due:
        with Session(engine) as session, session.begin():
            compaction.pack(session, day, compaction.meters_of(session, day))
        with Session(engine) as session, session.begin():
            compaction.forget(session, day)


def _month(folder: Path, count: int) -> int:
    """Read every value of a month, in one process's time."""
    path = folder / "month" / database.FILE_NAME
    history.fill(path, count, 30, CYCLE_S, VALUES)
    narrow = Narrow(folder / "month" / "narrow.db")
    moments = [number * 1000 * CYCLE_S for number in range(30 * CYCLES_A_DAY)]
    narrow.fill(count * VALUES, moments)
    ours_s, found = _processor(lambda: _everything(path))
    theirs_s, rows = _processor(narrow.fetch)
    if found != rows:
        raise AssertionError(f"{found} values here, {rows} there")
    return _say(
        f"a month of {count} meters read, processor",
        f"{ours_s:.2f} s for {found} values",
        f"narrow, fetchall {theirs_s:.2f} s",
        f">= {GOAL_READ} x",
        GOAL_READ * ours_s / theirs_s,
        1,
    )


def _everything(path: Path) -> int:
    """Return how many numbers all meters have said, each of them made."""
    count = 0
    with database.reading(path) as session:
        for number in known_meters.numbers(session).values():
            for block in series.days(session, number, 0, to_ms(BEGIN) + DAY_MS):
                for part in block.parts:
                    for field in range(2, len(part.layout.fields)):  # access number, status: none
                        count += len(part.column(field) or ())
    return count


def _year(folder: Path) -> int:
    """Read a year of one series, by the hour."""
    path = folder / "year" / database.FILE_NAME
    history.fill(path, 1, 365, CYCLE_S, VALUES)
    since = BEGIN - timedelta(days=365)
    bounds = periods.boundaries("hour", since, BEGIN, ZONE)

    def work() -> int:
        with database.reading(path) as session:
            pieces = list(series.numbers(session, 1, ENERGY, bounds[0], bounds[-1] + 1))
        return len(charts.gained(pieces, bounds, 3000 * CYCLE_S)[0])

    took = min(_processor(work)[0] for _ in range(5))
    return _say(
        "a year of one series by the hour",
        f"{1000 * took:.0f} ms",
        "",
        f"<= {GOAL_YEAR_MS} ms",
        1000 * took,
        GOAL_YEAR_MS,
    )


ENERGY = series.Key(b"\x04\x06", 0)


def _beside_export(path: Path, folder: Path, count: int) -> int:
    """Commit cycles while another process exports all there is."""
    cycles = _cycles(count, 5 * CYCLES)[3 * CYCLES :]
    engine = database.open_writer(path)
    alone = [_timed(lambda cycle=cycle: _store(engine, cycle)) for cycle in cycles[:CYCLES]]
    command = [sys.executable, "-m", "host", "export", "--data", str(folder)]
    command += ["--out", str(folder / "export")]
    export = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    beside: list[float] = []
    for cycle in cycles[CYCLES:]:
        time.sleep(0.1)
        if export.poll() is not None:
            break
        beside.append(_timed(lambda cycle=cycle: _store(engine, cycle)))
    export.kill()
    export.wait()
    engine.dispose()
    delay = 1000 * (max(beside) - statistics.median(alone))
    return _say(
        f"the latest of {len(beside)} commits beside an export",
        f"{delay:.0f} ms later",
        f"alone at worst {1000 * (max(alone) - statistics.median(alone)):.0f} ms",
        f"<= {GOAL_DELAY_MS} ms",
        delay,
        GOAL_DELAY_MS,
    )


# --- pieces ---


def _cycles(count: int, number: int) -> list[list[Arrival]]:
    """Return what the first `number` cycles after the history bring."""
    moments = [to_ms(BEGIN) + 1000 * CYCLE_S * at for at in range(number)]
    told = [
        history.Simulated(meter, VALUES).day(moments[0] // DAY_MS, moments)
        for meter in range(1, count + 1)
    ]
    return [
        [
            Arrival(meter, BEGIN + timedelta(seconds=CYCLE_S * at), [rows[at][1]], "bench", 1,
                    at * count + meter)
            for meter, rows in enumerate(told, 1)
        ]
        for at in range(number)
    ]  # fmt: skip


def _delivery(arrival: Arrival, addresses: dict[int, str]) -> Delivery:
    address = addresses[arrival.meter_id]
    return Delivery("bench", 2, arrival.number, arrival.at, address, arrival.frames)


def _store(engine, cycle: Sequence[Arrival]) -> None:
    with Session(engine) as session, session.begin():
        arrivals.append(session, cycle)


def _insert(bare: sqlite3.Connection, rows: Sequence[tuple[int, bytes]]) -> None:
    with bare:
        bare.executemany("INSERT INTO readings VALUES (?, ?)", rows)


def _accept(engine, deliveries: Sequence[Delivery]) -> None:
    with Session(engine) as session, session.begin():
        reader.accept(session, deliveries)


def _fold(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _written() -> int:
    """Return how many bytes this process has caused to be written to a device."""
    lines = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(lines["write_bytes"])


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _processor(work: Callable[[], int]) -> tuple[float, int]:
    begun = time.process_time()
    result = work()
    return time.process_time() - begun, result


def _say(what: str, ours: str, theirs: str, goal: str, figure: float, limit: float) -> int:
    """Print a line; return 1 when `figure` is over `limit`."""
    is_met = figure <= limit
    print(f"{what:46}{ours:30}{theirs:28}{goal:>10}{'' if is_met else '   NOT met'}")
    return not is_met
