"""The real host of a data folder, as its user starts it: supervisor, core and web."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NO_BOARD = "tcp://127.0.0.1:9"
PASSWORD = "four words in a row"


@contextlib.contextmanager
def real_host(data: Path, port: str = NO_BOARD) -> Iterator[str]:
    """Run it with the board at `port`; give the address of its pages."""
    command = (sys.executable, "-m", "host", "run", "--data", str(data))
    process = subprocess.Popen(
        (*command, "--port", port, "--web-port", "0"),
        cwd=ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = ""
        while not line.startswith('{"ready": true'):  # earlier there may be no user to sign in
            line = process.stdout.readline()
            assert line, "the host ended"
        yield json.loads(line)["web"].rstrip("/")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def sign_in_first(page, address: str) -> None:
    """Sign in as Admin for the first time, with a page of Playwright."""
    page.goto(f"{address}/sign-in")
    page.get_by_label("User name").fill("Admin")
    page.locator('[name="password"]').fill("123")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Current password").fill("123")
    for label in ("New password", "Repeat the new password"):
        page.get_by_label(label, exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Change the password").click()
