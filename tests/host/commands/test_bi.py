"""`python -m host bi` as a user types it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from host.__main__ import main
from host.store import migrate, place
from tests.fakes import history
from tests.fakes.postgresql import Cluster

Output = pytest.CaptureFixture[str]


@pytest.fixture
def data(cluster: Cluster, tmp_path: Path) -> Iterator[Path]:
    with cluster.database() as name:
        place.write(tmp_path, cluster.url(name, "house"))
        migrate.upgrade(place.of(tmp_path))
        history.filled(place.of(tmp_path))
        yield tmp_path


def run(data: Path, *words: str) -> int:
    return main(["bi", *words, "--data", str(data)])


def count(data: Path) -> int:
    server = place.of(data)
    assert isinstance(server, place.Server)
    query = text("SELECT count(DISTINCT (meter_id, moment)) FROM bi_values")
    with create_engine(server.url).connect() as connection:
        return connection.scalar(query) or 0


def test_it_is_switched_on_filled_told_of_and_switched_off(data: Path, capsys: Output) -> None:
    assert run(data) == 0
    assert "bi on makes it" in capsys.readouterr().out
    assert run(data, "on") == 0
    assert capsys.readouterr().out == "bi_values: 288 readings added; it has all there are\n"
    assert count(data) == 288
    assert run(data, "state") == 0
    assert "packed days before 2026-11-23 are filled" in capsys.readouterr().out
    for words in (["on"], ["fill"], ["fill", "--again"]):
        assert run(data, *words) == 0
        assert "bi_values: 0 readings added" in capsys.readouterr().out
    assert run(data, "off") == 0
    capsys.readouterr()
    assert run(data, "fill") == 2
    assert "bi on makes it" in capsys.readouterr().err


@pytest.mark.parametrize("what", ["state", "on", "off", "fill"])
def test_it_is_refused_for_a_database_in_a_file(path: Path, what: str, capsys: Output) -> None:
    assert run(path.parent, what) == 2
    said = capsys.readouterr().err
    assert "needs PostgreSQL; python -m host move --to URL" in said


def test_killed_in_its_midst_the_next_one_goes_on(data: Path, capsys: Output) -> None:
    """Killed at its first telling of progress, which comes after the first day."""
    program = (
        "import os, signal, sys\n"
        "from host.export import bi_fill\n"
        "from host.commands import bi\n"
        "bi.progress = lambda: lambda permille: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"from host.__main__ import main; main(['bi', 'on', '--data', {str(data)!r}])\n"
    )
    root = Path(__file__).parents[3]
    killed = subprocess.run([sys.executable, "-c", program], cwd=root, env=os.environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert count(data) == 72
    assert run(data, "on") == 0
    assert capsys.readouterr().out == "bi_values: 216 readings added; it has all there are\n"
    assert count(data) == 288
