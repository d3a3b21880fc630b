"""The reading dates on the command line, without a core."""

from pathlib import Path

import pytest

from host.__main__ import main
from host.settings.readout import ReadoutSettings
from host.store import database, meters, settings


def stored(data: Path) -> ReadoutSettings:
    with database.reading(database.database_path(data)) as session:
        return settings.load(session, ReadoutSettings)


def test_dates_are_added_listed_and_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--data", str(tmp_path)]
    assert main(["dates", *where]) == 0
    assert capsys.readouterr().out == "no reading dates\n"
    assert main(["dates", "last", "23", "--zone", "Europe/Zurich", *where]) == 0
    assert main(["dates", "add", "30", "6", *where]) == 0
    assert main(["dates", "add", "15", *where]) == 0
    assert stored(tmp_path).dates == ((0, 31, 23), (6, 30, 0), (0, 15, 0))
    capsys.readouterr()
    assert main(["dates", "remove", "3", *where]) == 0
    assert capsys.readouterr().out == (
        " 1  last day of every month, 23:00 Europe/Zurich\n"
        " 2  day 30 of month 6, 00:00 Europe/Zurich\n"
    )


@pytest.mark.parametrize("words", ["add", "add 32", "add 1 13", "last 24", "remove 1", "list 1"])
def test_what_cannot_be_is_refused(words: str, tmp_path: Path) -> None:
    assert main(["dates", *words.split(), "--data", str(tmp_path)]) == 2
    assert not database.database_path(tmp_path).exists()


def test_meters_are_added_on_a_segment(tmp_path: Path) -> None:
    assert main(["add", "17", "--segment", "2", "--data", str(tmp_path)]) == 0
    with database.reading(database.database_path(tmp_path)) as session:
        (meter,) = meters.all(session)
    assert meter.segment == 2
