"""The pages while everything runs: 250 meters of 20 values on the bus, a year of them stored.

The meters are a plant's, read over and over by the firmware on the twin; core and web are the
product's, and twenty browsers listen. Plant and twin, which are machines of their own in a house,
take their share of this one's processor.
"""

import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.orm import Session

from host.store import database, meters, migrate, readings
from host.web import assets
from host.web.app import create_app
from host.web.core_line import CoreLine
from host.web.settings import WebSettings
from tools import prepare
from tools.bench import chart, history
from tools.bench.web_load import Listeners, ask
from tools.children import Child

METERS = 250
DAYS = 365
STORED_CYCLE_S = 900
CYCLE_S = 120
BAUD = 9600
AT_ONCE = 8
LISTENERS = 20

GOAL_PAGE_MS = 50
GOAL_DELAY_MS = 20
GOAL_START_S = 5.0


def options(parser):
    parser.add_argument("--seconds", type=int, default=30, help="of each page, at least")
    parser.add_argument("--data", type=Path, help="keep the year here, and take it from here")


def run(chosen):
    prepare.everything()
    assets.install()
    with tempfile.TemporaryDirectory(prefix="bench-web-") as folder:
        data = chosen.data or Path(folder) / "data"
        path = database.database_path(data)
        if not path.exists():
            yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
            print(f"making a year of {METERS} meters, some minutes ...", flush=True)
            history.fill(path, METERS, DAYS, STORED_CYCLE_S, last=yesterday)
        migrate.upgrade(path)  # it may be of an earlier release
        _set_baud(path)
        token = _token(data)
        with _board(Path(folder)) as port:
            missed = _cold_start(data, port, Path(folder), token)
            missed += _loaded(data, port, Path(folder), token, chosen.seconds)
    for text in missed:
        print("missed:", text)
    return bool(missed)


def _set_baud(path: Path) -> None:
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        for meter in meters.all(session):
            meters.change(session, meter.address, {"baud": BAUD})
    engine.dispose()


def _token(data: Path) -> str:
    """Return the token of a session, which the web process knows when it starts."""
    app = create_app(WebSettings(data), CoreLine(data))
    known = app.extensions["people"].all()
    return app.extensions["sessions"].begin(known[0]) if known else chart.sign_in(app, data)


@contextlib.contextmanager
def _board(folder: Path) -> Iterator[str]:
    """Run a plant with the meters of the history, and the firmware at its bus; give its port."""
    profiles = folder / "profiles"
    profiles.mkdir()
    (profiles / "bench.json").write_text(json.dumps(_profile()))
    rows = folder / "population.json"
    rows.write_text(json.dumps([_plant_meter(number) for number in range(1, METERS + 1)]))
    with contextlib.ExitStack() as stack:
        arguments = ["--population", rows, "--profiles", profiles, "--baud", BAUD]
        plant = Child(
            "the plant", ["-m", "tools.plant", *map(str, arguments)], folder / "plant.log"
        )
        stack.callback(plant.stop)
        bus = plant.start()["buses"][0]["bus"]
        twin = Child(
            "the board twin",
            ["-m", "tools.twin", "--dir", str(folder / "board"), "--bus", bus],
            folder / "twin.log",
        )
        stack.callback(twin.stop)
        port = twin.start()["port"]
        prepare.run_module("host", "flash", "--port", port, "--board", "twin")
        yield port


def _profile() -> dict[str, object]:
    """Return the meter of `history` as the plant takes it: the same values, standing still."""
    dates = {"F": {"date": "now"}, "G": {"date": "now"}}
    records = [
        {
            "what": f"value {place}",
            "coding": kind.coding,
            "vif": kind.vif.hex(),
            "value": dates.get(kind.coding, kind.start),
            "function": kind.function,
            "storage": kind.storage,
            "tariff": kind.tariff,
        }
        for place, kind in enumerate(history.KINDS)
    ]
    return {
        "title": "the meter of tools.bench.history",
        "manufacturer": "AMT",
        "version": 192,
        "medium": 4,
        "first_serial": 20_000_001,
        "telegrams": [records],
    }


def _plant_meter(number: int) -> dict[str, object]:
    return {
        "profile": "bench",
        "serial": 20_000_000 + number,
        "primary": number,
        "segment": 1,
        "delay_bits": 40,
        "jitter_bits": 0,
    }


def _cold_start(data: Path, port: str, folder: Path, token: str) -> list[str]:
    """Measure from the start of the host to its first page."""
    arguments = ["run", "--data", str(data), "--port", port, "--web-port", "0"]
    host = Child("the host", ["-m", "host", *arguments], folder / "host.log")
    begin = time.perf_counter()
    try:
        site = host.start(60)["web"].rstrip("/")
        ready_s = time.perf_counter() - begin
        (page_ms,) = ask(site, token, ("/",), 1, 0.001)
        whole_s = time.perf_counter() - begin
    finally:
        host.stop()
    print(f"cold start: ready after {ready_s:.1f} s, the first page {page_ms:.0f} ms later")
    return _check("cold start to the first page, s", whole_s, GOAL_START_S)


class Measured(NamedTuple):
    """A page under load. times: ms of each answer."""

    name: str
    times: list[float]


def _loaded(data: Path, port: str, folder: Path, token: str, seconds: int) -> list[str]:
    """Measure pages, the core's loop and the readouts, all at the same time."""
    delays = folder / "delays"
    arguments = [str(data), port, str(CYCLE_S), str(delays)]
    core = subprocess.Popen([sys.executable, "-m", "tools.bench.watched_core", *arguments])
    try:
        with chart.web(data) as site:
            _wait_for_reading(data)
            views = ["overview"] * 10 + [f"meter-{number}" for number in range(1, 11)]
            listeners = Listeners(site, token, views[:LISTENERS])
            began = time.time()
            with listeners.listening():
                pages = [
                    Measured("overview", ask(site, token, ("/",), AT_ONCE, seconds)),
                    Measured(
                        "meter",
                        ask(site, token, [f"/meters/{n}" for n in range(1, 251)], AT_ONCE, seconds),
                    ),
                ]
                _wait_for_rounds(began, 2 * CYCLE_S)
            ended = time.time()
    finally:
        core.terminate()
        core.wait(20)
    missed: list[str] = []
    print(f"page, {AT_ONCE} at a time      answers   median ms   p95 ms   goal")
    for page in pages:
        p95 = _percentile(page.times, 95)
        print(
            f"{page.name:24} {len(page.times):9} {statistics.median(page.times):11.1f}"
            f" {p95:8.1f} {GOAL_PAGE_MS:6}"
        )
        missed += _check(f"{page.name}, p95 ms", p95, GOAL_PAGE_MS)
    missed += _say_delays(delays, began, ended)
    missed += _say_readouts(data, began, ended)
    print(f"live connections: {LISTENERS}, {listeners.heard} pieces heard")
    return missed


def _wait_for_reading(data: Path) -> None:
    """Wait until readings come in."""
    path = database.database_path(data)
    begin = time.time()
    while time.time() < begin + 120:
        with database.reading(path) as session:
            newest = max(meter.last_read_at or _EPOCH for meter in meters.all(session))
        if newest.timestamp() > begin:
            return
        time.sleep(0.5)
    raise RuntimeError("no meter was read within two minutes")


_EPOCH = datetime.fromtimestamp(0, UTC)


def _wait_for_rounds(began: float, seconds: float) -> None:
    time.sleep(max(0.0, began + seconds - time.time()))


def _say_delays(file: Path, began: float, ended: float) -> list[str]:
    lines = [map(float, line.split()) for line in file.read_text().splitlines()]
    delays = [delay for at, delay in lines if began <= at <= ended]
    p99 = _percentile(delays, 99)
    print(
        f"core's loop: {len(delays)} looks, median {statistics.median(delays):.1f} ms,"
        f" p99 {p99:.1f}, worst {max(delays):.0f}"
    )
    return _check("delay of the core's loop, p99 ms", p99, GOAL_DELAY_MS)


def _say_readouts(data: Path, began: float, ended: float) -> list[str]:
    """Tell of every whole cycle how many meters were read in it."""
    first = int(began // CYCLE_S + 1) * CYCLE_S
    late = []
    for due in range(first, int(ended) - CYCLE_S + 1, CYCLE_S):
        span = [datetime.fromtimestamp(at, UTC) for at in (due, due + CYCLE_S)]
        with database.reading(database.database_path(data)) as session:
            count = sum(
                bool(readings.list(session, meter.id, *span, limit=1))
                for meter in meters.all(session)
            )
        print(f"readout due at {span[0]:%H:%M:%S} UTC: {count} of {METERS} meters in its cycle")
        if count < METERS:
            late.append(f"{METERS - count} meters of the readout at {span[0]:%H:%M:%S}")
    return late


def _percentile(numbers: list[float], percent: int) -> float:
    return statistics.quantiles(numbers, n=100)[percent - 1]


def _check(what: str, figure: float, goal: float) -> list[str]:
    return [f"{what}: {figure:.1f}, goal {goal}"] if figure > goal else []
