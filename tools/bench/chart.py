"""A year's chart beside the year before, of a meter that is read every 15 minutes: 70,080 readings.

On the server, the processor's time for the page; in Chromium, from the click to the frame that has
the chart in it, over the real web process. The first time is told apart: later ones find the
layouts of the telegrams and the browser's files known. The least is what a busy machine leaves.
"""

import contextlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from flask import Flask
from playwright.sync_api import sync_playwright
from sqlalchemy.orm import Session

from host.settings.accounts import STANDARD
from host.store import accounts, database
from host.web import assets
from host.web.access import COOKIE
from host.web.app import create_app
from host.web.core_line import CoreLine
from host.web.settings import WebSettings
from tools.bench import history

LAST = date(2026, 12, 31)
DAYS = 731
CYCLE_S = 900
GOAL_SERVER_MS = 150
GOAL_PAINT_MS = 400
YEARS = {  # what is drawn -> its address
    "consumption, by months": "/meters/1/chart?value=1&period=year&start=2026-01-01",
    "temperature, by days": "/meters/1/chart?value=5&period=year&start=2026-01-01",
}
DRAWN = """
() => new Promise(done => {
  const look = () => {
    const [drawn] = performance.getEntriesByName("chart drawn");
    if (drawn) done(drawn.startTime); else setTimeout(look, 5);
  };
  look();
})
"""


def options(parser):
    parser.add_argument("--rounds", type=int, default=5, help="of each, whose median counts")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="the program")


def run(chosen):
    assets.install()
    missed = []
    with tempfile.TemporaryDirectory(prefix="bench-chart-") as folder:
        data = Path(folder)
        history.fill(data / database.FILE_NAME, 1, DAYS, CYCLE_S, last=LAST)
        print("a year beside the year before      first ms   least ms   median ms   goal")
        app = create_app(WebSettings(data), CoreLine(data))
        client, token = app.test_client(), sign_in(app, data)
        client.set_cookie(COOKIE, token)
        for name, address in YEARS.items():
            times = [_timed(lambda at=address: client.get(at)) for _ in range(chosen.rounds + 1)]
            missed += _say(f"server: {name}", times, GOAL_SERVER_MS)
        if chosen.chromium is None:
            print("no chromium: not drawn")
            return 1
        with web(data) as site:
            missed += drawn(site, token, chosen)
    for text in missed:
        print("missed:", text)
    return bool(missed)


def drawn(site: str, token: str, chosen) -> list[str]:
    """Measure in a fresh page each time; return the goals that were missed."""
    missed = []
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=chosen.chromium, args=flags)
        for name, address in YEARS.items():
            times, spent = [], []
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            context.add_cookies([{"name": COOKIE, "value": token, "url": site}])
            for _ in range(chosen.rounds + 1):
                page = context.new_page()
                meter = context.new_cdp_session(page)
                meter.send("Performance.enable", {"timeDomain": "threadTicks"})
                page.goto(site + address, wait_until="commit")
                times.append(page.evaluate(DRAWN))
                metrics = meter.send("Performance.getMetrics")["metrics"]
                spent += [1000 * one["value"] for one in metrics if one["name"] == "TaskDuration"]
                page.close()
            context.close()
            missed += _say(f"drawn: {name}", times, GOAL_PAINT_MS)
            _say("  of it the page's processor time", spent)
        browser.close()
    return missed


def sign_in(app: Flask, data: Path) -> str:
    """Return the token of a session; the web process, which starts later, knows it, too."""
    engine = database.open_writer(database.database_path(data))
    with Session(engine) as session, session.begin():
        user = accounts.add(session, "bench", "Reader", STANDARD, "no password", must_change=False)
    engine.dispose()
    return app.extensions["sessions"].begin(user)


def _timed(work) -> float:
    begin = time.process_time()
    assert work().status_code == 200
    return 1000 * (time.process_time() - begin)


def _say(name: str, times: list[float], goal: int | None = None) -> list[str]:
    first, *others = times
    median = statistics.median(others)
    print(f"{name:34} {first:8.0f} {min(others):10.0f} {median:11.0f} {goal or '':6}")
    return [f"{name}: {median:.0f} ms, goal {goal}"] if goal and median > goal else []


@contextlib.contextmanager
def web(data: Path) -> Iterator[str]:
    """Run the web process on a free port; give its address."""
    command = [sys.executable, "-m", "host.web", "--data", str(data), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found is not None, line
        yield found[0]
    finally:
        process.terminate()
        process.communicate(timeout=20)
