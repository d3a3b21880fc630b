"""The firmware of a board as it would be built from sources that somebody changed."""

import shutil
from pathlib import Path
from unittest import mock

from host.updates import boards
from host.updates import build as room

SOURCES = room.ROOT


def build_changed(board: str, changes: dict[str, str], folder: Path) -> dict[str, Path]:
    """Build for `board` with the files `changes` (path in the repository -> its text) in place of
    ours; return board path -> file, as `build` does.

    folder: a place for the work.
    """
    for name in room.ROOMS:
        shutil.copytree(SOURCES / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path, text in changes.items():
        (folder / path).write_text(text)
    with mock.patch.object(room, "ROOT", folder), mock.patch.object(boards, "ROOT", folder):
        return room.build(board)
