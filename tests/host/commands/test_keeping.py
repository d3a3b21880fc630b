"""`check`, `backup`, `restore` and `retention` as a user types them."""

import json
import sqlite3
from pathlib import Path

import pytest

from host.__main__ import main
from host.lock import FolderLock
from host.settings.storage import StorageSettings
from host.store import database, settings
from tests.fakes import history

Output = pytest.CaptureFixture[str]


def run(data: Path, *words: str) -> int:
    return main([words[0], "--data", str(data), *words[1:]])


def test_a_sound_database_is_said_to_be(path: Path, capsys: Output) -> None:
    history.filled(path)
    assert run(path.parent, "check") == 0
    said = capsys.readouterr().out
    assert said == f"{path}: sound; 3 meters, 288 readings, 9 days in blocks\n"


def test_a_damaged_one_is_told_with_status_1(path: Path, capsys: Output) -> None:
    history.filled(path)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE blocks SET data = x'00'")
    connection.commit()
    connection.close()
    assert run(path.parent, "check") == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert "9 problems" in lines[-1]
    assert run(path.parent, "check", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["found"], len(told["problems"])) == (False, 9, 9)


def test_a_backup_is_made_checked_and_restored(path: Path, tmp_path: Path, capsys: Output) -> None:
    data, copy = path.parent, tmp_path / "copy.db"
    history.filled(path)
    before = history.stored(path)
    assert run(data, "backup", str(copy)) == 0
    assert run(data, "backup", str(copy)) == 1
    assert "choose another name" in capsys.readouterr().err
    assert run(data, "check", str(copy)) == 0
    assert run(data, "delete", "1", "2") == 0
    assert run(data, "delete", "--undo", "1") == 0
    assert "1: back with its readings" in capsys.readouterr().out
    assert run(data, "delete", "--undo", "1") == 2
    assert run(data, "restore", str(copy)) == 0
    assert history.stored(path) == before
    assert len(list(data.glob("mbuslink-replaced-*.db"))) == 1


@pytest.mark.parametrize("who", ["host", "core"])
def test_a_restore_is_refused_while_a_host_runs(
    path: Path, tmp_path: Path, capsys: Output, who: str
) -> None:
    copy = tmp_path / "copy.db"
    assert run(path.parent, "backup", str(copy)) == 0
    before = path.read_bytes()
    lock = FolderLock(path.parent, who)
    lock.take()
    try:
        assert run(path.parent, "restore", str(copy)) == 1
    finally:
        lock.release()
    assert "a host is running" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert not list(path.parent.glob("mbuslink-replaced-*.db"))


def test_a_damaged_database_is_restored_by_hand(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert run(path.parent, "backup", str(copy)) == 0
    path.write_bytes(b"no database" * 1000)
    assert run(path.parent, "restore", str(copy)) == 0
    assert run(path.parent, "check") == 0


def test_a_restore_makes_a_data_folder_of_its_own(path: Path, tmp_path: Path) -> None:
    copy, other = tmp_path / "copy.db", tmp_path / "other"
    assert run(path.parent, "backup", str(copy)) == 0
    assert run(other, "restore", str(copy)) == 0
    assert run(other, "check") == 0


def test_retention_is_told_and_set(path: Path, capsys: Output) -> None:
    data = path.parent
    assert run(data, "retention") == 0
    assert capsys.readouterr().out == "readings are kept for ever\n"
    assert run(data, "retention", "730") == 0
    assert "730 days" in capsys.readouterr().out
    assert run(data, "retention") == 0
    assert "730 days" in capsys.readouterr().out
    assert run(data, "retention", "-1") == 2
    with database.reading(path) as session:
        assert settings.load(session, StorageSettings).keep_days == 730
    assert run(data, "retention", "0") == 0
