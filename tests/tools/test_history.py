"""The history that benches read: whole telegrams, each value in a column, again the same."""

from pathlib import Path

import pytest

from host.readout import telegrams
from host.store import database, meters, readings, series
from host.store.tables import DAY_MS
from tools.bench import history


@pytest.mark.parametrize("values", [1, 20, 32])
def test_every_value_of_every_reading_is_whole_and_lies_in_a_column(
    tmp_path: Path, values: int
) -> None:
    path = tmp_path / "data" / database.FILE_NAME
    history.fill(path, meters=2, days=3, cycle_s=3600, values=values)
    with database.reading(path) as session:
        assert [meter.name for meter in meters.all(session)] == ["Flat 1", "Flat 2"]
        for meter in meters.all(session):
            blocks = list(series.days(session, meter.id, 0, 1 << 44))
            assert [len(block.parts) for block in blocks] == [1, 1, 1]
            assert {len(series.values(block.parts[0].layout)) for block in blocks} == {values}
            found = readings.list(session, meter.id)
            assert len(found) == 72
            for reading in found:
                (decoded,) = map(telegrams.decode, reading.frames)
                assert decoded.error is None
                assert decoded.id == meter.serial
                assert all(telegrams.error(record) is None for record in decoded.records)
            assert found[0].at == meter.last_read_at
            last = (history.LAST_DAY - history._EPOCH).days
            assert found[0].id >> 16 < (last + 1) * DAY_MS


def test_the_same_arguments_make_the_same_history(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one.db", "other.db")]
    told = []
    for path in paths:
        history.fill(path, meters=1, days=2, cycle_s=900)
        with database.reading(path) as session:
            told.append([reading.frames for reading in readings.list(session, 1)])
    assert told[0] == told[1]
    with pytest.raises(FileExistsError):
        history.fill(paths[0], meters=1, days=1, cycle_s=900)
