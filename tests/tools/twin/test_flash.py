"""The twin's flash takes a board's time where it is told to."""

import os
import subprocess
from pathlib import Path

import pytest

from tools.twin.supervisor import ROM, find_micropython

CODE = """
import time
exec(open(%r).read().split("class Rom")[0])
flash = Flash(%r, 2)
began = time.ticks_ms()
flash.ioctl(6, 1)
print(time.ticks_diff(time.ticks_ms(), began))
"""


@pytest.mark.twin
@pytest.mark.parametrize(("erase_ms", "least", "most"), [("", 0, 90), ("100", 100, 5000)])
def test_an_erase_stops_everything(tmp_path: Path, erase_ms: str, least: int, most: int) -> None:
    code = CODE % (str(ROM / "boot.py"), str(tmp_path / "flash.img"))
    told = subprocess.run(
        [find_micropython(), "-c", code],
        env={**os.environ, "MBUSLINK_TWIN_ERASE_MS": erase_ms},
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert least <= int(told.stdout) < most
