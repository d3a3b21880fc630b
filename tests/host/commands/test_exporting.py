"""`python -m host export` as a user runs it: the files, the words, the status."""

import json
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from host.__main__ import main
from host.core.exports import STATUS_FULL
from host.export import export as exports
from host.store import database, units
from tests.fakes import installation
from tools.bench import history

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    history.fill(folder / database.FILE_NAME, meters=3, days=3, cycle_s=21600)
    return folder


@pytest.fixture
def export(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Run it: export(arguments ...) -> (status, the files' names, standard error)."""
    before = signal.getsignal(signal.SIGTERM)

    def run(*arguments: str) -> tuple[int, list[str], str]:
        status = main(["export", "--data", str(data), "--out", str(tmp_path / "out"), *arguments])
        told = capsys.readouterr()
        return status, [Path(line).name for line in told.out.splitlines()], told.err

    yield run
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(
    ("arguments", "end", "begin"),
    [
        ((), "csv", b"Date/Time(UTC);"),
        (("--format", "full-db", "--separator", "tab"), "csv", b"Device.Id\tAddressMode"),
        (("--format", "json"), "json", b'{"meter"'),
        (("--format", "xlsx"), "xlsx", b"PK"),
    ],
)
def test_a_file_a_meter_in_every_format(export, tmp_path, arguments, end, begin) -> None:
    status, names, error = export(*arguments)
    assert (status, error) == (0, "")
    assert [name.split("-")[0] for name in names] == ["1", "2", "3"]
    for name in names:
        assert name.endswith(f".{end}")
        assert (tmp_path / "out" / name).read_bytes().startswith(begin)


def test_one_zip_with_some_meters(export, tmp_path) -> None:
    assert export("--zip", "--meters", "3", "1")[:2] == (0, ["DataExport.zip"])
    with zipfile.ZipFile(tmp_path / "out" / "DataExport.zip") as found:
        assert [name[:2] for name in found.namelist()] == ["3-", "1-"]


def test_what_is_not_there_is_told(export) -> None:
    assert export("--dates") == (0, [], "mbuslink: 3 of 3 meters have no readings\n")
    status, names, error = export("--medium", "water")
    assert (status, names) == (0, [])
    assert "no such meter" in error
    status, _, error = export("--meters", "77")
    assert status == 2
    assert error.startswith("mbuslink: 77: not registered")
    assert export("--decimal", "x")[0] == 2
    assert export("--from", "yesterday")[0] == 2


def test_a_disk_that_fails_leaves_no_half_file(export, tmp_path, monkeypatch) -> None:
    def fails(*_):
        yield b"some"
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(exports.ENCODERS, "standard", fails)
    status, _, error = export()
    assert status == STATUS_FULL
    assert "No space left on device; free some space" in error
    assert list((tmp_path / "out").iterdir()) == []


def test_sigterm_leaves_no_half_file_and_lines_tell_the_progress(data, tmp_path) -> None:
    """In a process of its own, ended after its first word."""
    command = [sys.executable, "-m", "host", "export", "--data", data, "--out", tmp_path, "--zip"]
    command += ["--progress-lines", "--format", "xlsx"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        process.terminate()
        rest = process.stdout.read()
        assert process.wait(30) in (0, 130)
    assert first["total"] == 3
    if '"done": 3' not in rest:
        assert list(tmp_path.glob("*")) == []


def test_the_meters_of_a_unit_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    installation.install(data)
    engine = database.open_writer(database.database_path(data))
    with Session(engine) as session, session.begin():
        flat = units.add(session, "Olga", "Flat 1", "")
        units.set_meters(session, "Olga", flat.id, [2, 3])
        units.add(session, "Olga", "Empty", "")
    engine.dispose()
    options = ["export", "--data", str(data), "--out", str(out)]
    assert main([*options, "--unit", "flat 1"]) == 0
    assert sorted(file.name.partition("-")[0] for file in out.iterdir()) == ["2", "3"]
    capsys.readouterr()
    for name, told in (("Shop", "there are: Empty, Flat 1"), ("Empty", "has no meters")):
        assert main([*options, "--unit", name]) == 2
        assert told in capsys.readouterr().err
