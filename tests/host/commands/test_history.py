"""`python -m host history`: the figures of a chart, from a shell."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from host import __main__ as command
from host.settings.readout import ReadoutSettings
from host.settings.site import SiteSettings
from host.store import arrivals, database, meters, migrate, readings, settings
from host.store.arrivals import Arrival
from host.store.meters import Attempt
from tests.fakes import installation

FIRST = datetime(2026, 3, 28, tzinfo=UTC)  # the next day has 23 hours in Zurich
HOURS = 96


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = database.database_path(tmp_path)
    migrate.upgrade(path)
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        meter = meters.add(session, "17", name="Flat 1")
        for hour in range(HOURS):
            at = FIRST + timedelta(hours=hour)
            frames = installation.heat("10000001", 1000 + 2 * hour)
            arrivals.append(session, [Arrival(meter.id, at, frames, "b", 1, hour)])
        meters.record_attempts(session, [Attempt(meter.id, at, "ok", read=True)])
        settings.save(session, ReadoutSettings(cycle_s=3600))
        settings.save(session, SiteSettings(zone="Europe/Zurich"))
    engine.dispose()
    return tmp_path


def run(data: Path, *arguments: str) -> int:
    return command.main(["history", "--data", str(data), *arguments])


def test_days_are_the_sites_also_when_its_clocks_change(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data, "17", "--from", "2026-03-28", "--to", "2026-03-30", "--form", "json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["value"] == "Energy, Wh"
    assert [(day["from"], day["gained"], day["marks"]) for day in told["periods"]] == [
        ("2026-03-28", "46000", ["partial"]),
        ("2026-03-29", "46000", []),
        ("2026-03-30", "48000", []),
        ("2026-03-31", "48000", []),
    ]


def test_the_newest_reading_is_looked_up_once(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    latest = readings.latest

    def counted(session: Session, meter_id: int) -> readings.Reading | None:
        asked.append(meter_id)
        return latest(session, meter_id)

    monkeypatch.setattr(readings, "latest", counted)
    assert run(data, "17", "--from", "2026-03-29", "--to", "2026-03-29") == 0
    assert len(asked) == 1


def test_a_table_shows_bars_and_names_the_meter(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data, "17", "--from", "2026-03-29", "--to", "2026-03-29") == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "Flat 1: Energy, Wh"
    assert all("█" in line for line in lines)


def test_another_value_is_chosen_by_its_number_and_moves(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data, "17", "--values") == 0
    lines = capsys.readouterr().out.splitlines()
    number = next(line.split()[0] for line in lines if "Flow temperature" in line)
    assert run(data, "17", "--value", number, "--by", "hour", "--form", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {(row["lowest"], row["mean"], row["highest"]) for row in rows if row["mean"]} == {
        ("65.2", "65.2", "65.2")
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["18"], "18: not registered"),
        (["17", "--value", "99"], "has no such value; it has 15, numbered from 1"),
        (["17", "--from", "2026-04-02", "--to", "2026-03-01"], "ends before it begins"),
    ],
)
def test_what_cannot_be_is_told(
    data: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data, *arguments) == 2
    assert said in capsys.readouterr().err
