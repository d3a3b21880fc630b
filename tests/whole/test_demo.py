"""The first command: tools/demo --once starts everything, reads every meter and ends."""

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import demonstration
from tools.environment import SetupError

ROOT = Path(__file__).resolve().parents[2]
METERS = 20

pytestmark = pytest.mark.twin


def demo(*arguments: object, timeout: float = 110) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / "demo"), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
    )


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory):
    """Run it once, twenty times as fast as life; give what it said and the folder of its files."""
    folder = tmp_path_factory.mktemp("demo")
    arguments = ("--dir", folder / "demo", "--web-port", 0, "--time-scale", 20)
    done = demo("--once", "--out", folder / "out", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, folder / "out", arguments


def test_every_meter_is_in_the_overview(once):
    said, _, _ = once
    rows = re.findall(r"^\S+ +ok .* \d+(\.\d+)?( \S+)? +\d{4}-\d\d-\d\d", said, re.MULTILINE)
    assert len(rows) == METERS, said


def test_every_meter_has_its_standard_csv(once):
    _, out, _ = once
    files = sorted(out.glob("*.csv"))
    assert len(files) == METERS
    for file in files:
        header, *rows = csv.reader(file.open(encoding="utf-8-sig", newline=""), delimiter=";")
        assert header[:6] == [
            *("Date/Time(UTC)", "PrimaryAddress", "Serial", "ManufacturerId", "Version", "Medium")
        ]
        assert rows, file
        assert all(len(row) == len(header) for row in rows)


def test_nothing_is_left_running(once):
    _, out, _ = once
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert str(out.parent / "demo") not in processes.stdout


def test_a_second_start_reuses_what_is_there(once):
    _, _, arguments = once
    done = demo("--once", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Installing the packages" not in done.stdout


def test_a_range_of_addresses_is_spelled_out():
    assert demonstration.expand("1-3,12345678, 7") == ["1", "2", "3", "12345678", "7"]
    with pytest.raises(SetupError, match="'9-3'"):
        demonstration.expand("1,9-3")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--out", "x"], "--once"),
        (["--bus", "tcp://127.0.0.1:1"], "--addresses"),
        (["--meters", "251"], "250"),
        (["--addresses", "1"], "--bus"),
    ],
)
def test_options_that_do_not_fit_name_the_next_step(arguments, word, capsys):
    with pytest.raises(SystemExit):
        demonstration.parse(arguments)
    assert word in capsys.readouterr().err
