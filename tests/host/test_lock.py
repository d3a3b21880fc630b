import os
from pathlib import Path

import pytest

from host.lock import FolderLock
from shared.errors import Busy


def test_the_second_is_told_who_has_it(tmp_path: Path) -> None:
    first = FolderLock(tmp_path, "host")
    first.take()
    with pytest.raises(Busy, match=rf"process {os.getpid()}\); stop it first"):
        FolderLock(tmp_path, "host").take()
    FolderLock(tmp_path, "core").take()
    first.release()
    FolderLock(tmp_path, "host").take()
