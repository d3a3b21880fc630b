"""The ballast takes its room, gives it back, and takes no more than there is."""

import shutil
from pathlib import Path

import pytest

from host.store import ballast
from host.store.ballast import SPARE_BYTES, Ballast

SIZE = 1 << 20


def blocks(path: Path) -> int:
    return path.stat().st_blocks * 512


def test_it_takes_real_room_once(tmp_path: Path) -> None:
    one = Ballast(tmp_path, SIZE)
    assert one.make()
    assert blocks(tmp_path / ballast.FILE_NAME) >= SIZE
    assert one.make()


def test_it_gives_its_room_back_and_takes_it_again(tmp_path: Path) -> None:
    one = Ballast(tmp_path, SIZE)
    one.release()
    one.make()
    one.release()
    assert list(tmp_path.iterdir()) == []
    assert one.make()


def test_it_leaves_room_to_others_and_grows_when_there_is_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = SPARE_BYTES - 1

    def usage(_: Path) -> object:
        return shutil._ntuple_diskusage(1 << 40, 0, free)  # type: ignore[attr-defined]

    monkeypatch.setattr(ballast.shutil, "disk_usage", usage)
    one = Ballast(tmp_path, SIZE)
    assert not one.make()
    assert list(tmp_path.iterdir()) == []
    free = SPARE_BYTES + SIZE // 2
    assert not one.make()
    assert (tmp_path / ballast.FILE_NAME).stat().st_size == SIZE // 2
    assert one.make()
