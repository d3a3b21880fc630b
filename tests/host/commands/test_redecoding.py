"""Kept telegrams through a better decoder: what changed is told, what differs is written."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from host.__main__ import main
from host.commands import redecoding as command
from host.readout import redecoding, telegrams
from host.store import audit, database, meters, readings
from host.store.tables import MeterRow
from tests.fakes import installation


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(command.os, "setpriority", lambda *_: None)
    installation.install(tmp_path)
    redecoding._of_layout.cache_clear()
    return tmp_path


def run(folder, capsys, *options):
    assert main(["redecode", "--json", "--data", str(folder), *options]) == 0
    return json.loads(capsys.readouterr().out)


def better_decoder(monkeypatch):
    """Have a decoder that calls the volume of water meters otherwise, in another unit."""
    real = telegrams.explain

    def explain(decoded):
        return [
            line | {"name": "Water", "factor": "l"} if line["head"] == "0c13" else line
            for line in real(decoded)
        ]

    monkeypatch.setattr(telegrams, "explain", explain)
    redecoding._of_layout.cache_clear()


def everything(folder):
    with database.reading(database.database_path(folder)) as session:
        return [readings.list(session, meter.id) for meter in meters.all(session)]


def test_the_first_time_keeps_what_the_values_are_called(folder, capsys):
    told = run(folder, capsys)
    assert (told["first"], told["changes"]) == (True, {})
    assert (told["readings"], told["unreadable"]) == (14, 0)
    kept = json.loads((folder / command.KEPT).read_text())
    assert kept["meters"]["2"]["values"]["0C13 #1"] == ["Volume", "m^3", "10^-3 m³"]


def test_what_another_decoder_says_otherwise_is_told_and_no_reading_is_touched(
    folder, capsys, monkeypatch
):
    run(folder, capsys)
    before = everything(folder)
    better_decoder(monkeypatch)
    told = run(folder, capsys)
    assert sorted(told["changes"]) == ["10", "11", "2", "3", "5"]
    assert told["changes"]["2"] == [
        {"value": "0C13 #1", "before": "Volume m^3 10^-3 m³", "after": "Water m^3 l"}
    ]
    assert everything(folder) == before
    assert run(folder, capsys)["changes"] == {}


def test_what_a_meter_says_of_itself_is_corrected_and_written_down(folder, capsys):
    run(folder, capsys)
    assert run(folder, capsys)["meters_changed"] == 0
    engine = database.open_writer(database.database_path(folder))
    with Session(engine) as session, session.begin():
        row = session.scalars(select(MeterRow).where(MeterRow.address == "2")).one()
        row.version, row.medium = 99, 0
    engine.dispose()
    assert run(folder, capsys)["meters_changed"] == 1
    with database.reading(database.database_path(folder)) as session:
        meter = meters.by_address(session, "2")
        assert (meter.version, meter.medium) == (7, 0x16)
        (told,) = audit.newest(session, 1)
        assert (told.what, told.which) == ("meter.changed", "2")
        assert (told.before, told.after) == (
            {"version": 99, "medium": 0},
            {"version": 7, "medium": 22},
        )
    assert run(folder, capsys)["meters_changed"] == 0


def test_ended_anywhere_it_goes_on_where_it_was(folder, capsys, monkeypatch):
    walked, ends = [], [5]
    real = redecoding.walk

    def walk(read, meter_id):
        walked.append(meter_id)
        if meter_id in ends:
            ends.clear()
            raise KeyboardInterrupt
        return real(read, meter_id)

    monkeypatch.setattr(redecoding, "walk", walk)
    assert main(["redecode", "--data", str(folder)]) == 130
    assert not (folder / command.KEPT).exists()
    capsys.readouterr()
    assert run(folder, capsys)["readings"] == 14
    assert walked == [1, 2, 3, 4, 5, *range(5, 15)]
    assert not (folder / command._UNDER_WAY).exists()
    walked.clear()
    run(folder, capsys, "--start-over")
    assert walked == list(range(1, 15))


def test_a_file_that_is_none_of_ours_is_left_aside(folder, capsys):
    for text in ("", "[]", '{"format": 1, "meters": {"1": {"x": 1}}}', "{"):
        (folder / command.KEPT).write_text(text)
        assert run(folder, capsys)["first"] is True


def test_it_is_told_in_words(folder, capsys, monkeypatch):
    assert main(["redecode", "--data", str(folder)]) == 0
    assert "14 readings, 0 telegrams that cannot be decoded" in capsys.readouterr().out
    better_decoder(monkeypatch)
    assert main(["redecode", "--data", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "2  0C13 #1: Volume m^3 10^-3 m³ -> Water m^3 l" in told
    assert "5 meters have values that are told otherwise" in told
