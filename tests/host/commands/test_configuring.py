"""`config` as a user types it."""

import json
from pathlib import Path

import pytest

from host.__main__ import main

Output = pytest.CaptureFixture[str]


def run(data: Path, *words: str) -> int:
    return main(["config", "--data", str(data), *words])


def kept(data: Path, capsys: Output) -> dict[str, dict[str, object]]:
    capsys.readouterr()
    assert run(data, "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_what_can_be_set_is_listed_and_changed(tmp_path: Path, capsys: Output) -> None:
    assert run(tmp_path) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["readout.cycle_s", "15", "min", "(Readout", "cycle)"] in lines
    assert run(tmp_path, "site.zone=Europe/Zurich", "readout.cycle_s=2 h", "site.name=North") == 0
    assert kept(tmp_path, capsys)["site"] == {"name": "North", "site": "", "zone": "Europe/Zurich"}
    assert run(tmp_path, "readout.dates=[[0, 31, 23]]", "storage.keep_days=400") == 0
    assert kept(tmp_path, capsys)["readout"] == {"cycle_s": 7200, "dates": [[0, 31, 23]]}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("zone", "write CHAPTER.NAME=VALUE"),
        ("site.height=3", "there is no such setting"),
        ("weather.sun=1", "no settings are called so"),
        ("site.zone=Mars/Olympus", "no time zone"),
        ("readout.cycle_s=often", "a duration is wanted"),
        ("storage.keep_days=-1", "choose 0 to 36500"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changed(
    tmp_path: Path, capsys: Output, given: str, told: str
) -> None:
    assert run(tmp_path, "site.name=North", given) == 2
    assert told in capsys.readouterr().err
    assert kept(tmp_path, capsys)["site"]["name"] == ""


def test_a_configuration_goes_from_one_logger_to_another(tmp_path: Path, capsys: Output) -> None:
    one, other, file = tmp_path / "one", tmp_path / "other", tmp_path / "kept.json"
    assert run(one, "site.name=North", "readout.cycle_s=60") == 0
    assert run(one, "--save", str(file)) == 0
    assert run(one, "--save", str(file)) == 2
    assert "choose another name" in capsys.readouterr().err
    assert run(other, "--load", str(file), "site.name=South") == 0
    assert kept(other, capsys) == kept(one, capsys) | {
        "site": {"name": "South", "site": "", "zone": ""}
    }
    file.write_text(file.read_text()[:-30])
    assert run(other, "--load", str(file)) == 2
    assert "only a part" in capsys.readouterr().err
