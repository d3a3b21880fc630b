"""M9 on the command line, where no core runs."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from host.__main__ import main
from host.settings.value import ValueKey, ValueSettings
from host.store import database, meters, value_settings
from tests.fakes import installation


@pytest.fixture
def run(tmp_path, capsys):
    installation.install(tmp_path)
    engine = database.open_writer(database.database_path(tmp_path))
    with Session(engine) as session, session.begin():
        meter = meters.get(session, 2)
        litres = ValueSettings(designation="Cold water", unit="l", factor="0.001")
        value_settings.change(session, "Olga", meter, {ValueKey("0c13", 0): litres})
    engine.dispose()

    def command(*words, status=0):
        assert main(["template", *map(str, words), "--data", str(tmp_path)]) == status
        told = capsys.readouterr()
        return told.out + told.err

    return command


def test_saved_previewed_applied_and_listed(run):
    assert "template 1: Water" in run("save", "2", "--name", "Water")
    assert "HYD version 7, 4 records, 5 meters" in run("list")
    told = run("preview", 1)
    assert "2  Flat 1 cold water: stays as it is" in told
    assert "Volume 254.1 m³ -> Cold water 254100 l" in told
    assert "5 meters, 4 would be others" in told
    assert "4 meters changed" in run("apply", 1)
    assert "5 meters, 0 would be others" in run("preview", 1)


def test_out_and_in_again_as_a_file(run, tmp_path: Path):
    run("save", "2")
    file = tmp_path / "kept.json"
    assert "1 templates" in run("export", file)
    assert "already" in run("import", file, status=1)
    assert "1 templates taken over" in run("import", file, "--replace")
    assert "deleted" in run("delete", 1)
    assert run("list") == ""
    assert "back" in run("restore", 1)
    file.write_text(file.read_text()[:99])
    assert "JSON" in run("import", file, status=2)
    assert "none of this number" in run("apply", 9, status=2)
    assert "--help" in run("apply", status=2)
    assert "number of a template" in run("preview", "x", status=2)
