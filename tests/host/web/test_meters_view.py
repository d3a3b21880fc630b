"""When a last readout is too old to look current."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from host.store import database, meters
from host.web import sight
from host.web.meters_view import MetersView
from host.web.reader import Reader
from tests.fakes.installation import install

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
# Settings of a meter, the common cycle, the age (s) at which its value is greyed.
AGES = (
    ({}, 60, 180),
    ({}, 0, 2700),
    ({"cycle_s": 0}, 60, 2700),
    ({"cycle_s": 600}, 0, 1800),
    ({"per_day": 24}, 60, 3 * 3600),
)


@pytest.mark.parametrize(("changes", "common_s", "greyed_s"), AGES)
def test_a_value_greys_after_three_of_its_cycles(
    tmp_path: Path, changes: dict[str, int], common_s: int, greyed_s: int
) -> None:
    first = install(tmp_path, NOW)[0]
    path = database.database_path(tmp_path)
    with Session(database.open_writer(path)) as session, session.begin():
        meters.change(session, "1", changes)
    with sight.looking(None):
        row = MetersView(Reader(tmp_path), lambda: common_s).row(first)
    assert row is not None
    assert row.meter.last_read_at is not None
    aged = row.meter.last_read_at + timedelta(seconds=greyed_s)
    assert (row.stale(aged), row.stale(aged + timedelta(seconds=1))) == (False, True)
