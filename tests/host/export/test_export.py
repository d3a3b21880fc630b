"""A whole export: a file a meter, progress up to the end, ended by whoever closes it."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from host.export import export as exports
from host.export.export import Export, Progress
from host.export.form import KINDS, Format, Period
from host.export.source import Source
from host.store import database
from tools.bench import history

NOW = datetime(2026, 11, 27, 21, 5, 44, tzinfo=UTC)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """Two meters, 40 days of four readings each."""
    path = tmp_path_factory.mktemp("data") / database.FILE_NAME
    history.fill(path, meters=2, days=40, cycle_s=21600)
    return Source(path, Period())


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_a_meter_and_the_same_in_the_zip(source: Source, kind: str) -> None:
    work = Export(source, source.meters(), Format(kind), NOW)
    files = {file.name: b"".join(file.data) for file in work.files()}
    end = KINDS[kind]
    assert list(files) == [f"{n}-2000000{n}-20261127210544.{end}" for n in (1, 2)]
    with zipfile.ZipFile(io.BytesIO(b"".join(work.archive()))) as found:
        assert found.namelist() == list(files)
        if kind != "xlsx":  # which says when it was made
            assert {name: found.read(name) for name in found.namelist()} == files


def test_progress_goes_to_the_end(source: Source) -> None:
    told: list[Progress] = []
    work = Export(source, source.meters(), Format(), NOW, told.append)
    for _ in work.archive():
        pass
    done = [progress.done for progress in told]
    assert done == sorted(done)
    assert (told[-1].done, told[-1].total) == (4, 4)
    assert {progress.meter.id for progress in told} == {1, 2}


def test_meters_without_readings_have_no_file(source: Source, tmp_path: Path) -> None:
    period = Period(until=datetime(2020, 1, 1, tzinfo=UTC))
    work = Export(Source(source.place, period), source.meters(), Format(), NOW)
    assert list(work.files()) == []
    assert work.empty == 2
    assert b"".join(work.archive())[:4] == b"PK\x05\x06"


def test_closing_it_ends_the_work(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Progress] = []
    work = Export(source, source.meters(), Format("full-db"), NOW, told.append).archive()
    next(work)
    next(work)
    work.close()  # type: ignore[attr-defined]
    assert len(told) < 4


def test_every_kind_can_be_written() -> None:
    assert exports.ENCODERS.keys() == KINDS.keys()
