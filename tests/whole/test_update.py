"""An update of the real firmware through the real mpremote: it proves itself, or the old one stays.

The board is the twin, ten times as fast; its firmware lies in ROM, or in folders.
"""

import asyncio
import functools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.updater import PROBATION_MS
from host.updates import install as room
from host.updates.install import InstallError, install
from host.updates.steps import Plan, plan
from shared.version import VERSION
from tests.fakes.changed_firmware import SOURCES, build_changed
from tests.fakes.twin import Terminal, TwinProcess, running_twin
from tests.firmware.test_main import link_to
from tools.twin.supervisor import ROM_KB

pytestmark = [pytest.mark.twin, pytest.mark.slow, pytest.mark.timeout(300)]
SCALE = 10
PATIENCE_S = 60  # with a computer that has other things to do
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


Build = Callable[..., dict[str, Path]]


@pytest.fixture
def new(tmp_path: Path) -> Build:
    """Return what builds a new version of the firmware; `more`: lines behind those of a module."""

    def build(**more: str) -> dict[str, Path]:
        changes = {"shared/version.py": f"VERSION = {NEW!r}\n"}
        # Between two failed starts a hand has time to catch the board.
        changes["firmware/boot.py"] = source("firmware/boot.py").replace(
            "PAUSE_S = 5", "PAUSE_S = 0"
        )
        for module, lines in more.items():
            changes[f"firmware/{module}.py"] = source(f"firmware/{module}.py") + lines
        return build_changed("twin", changes, tmp_path / "sources")

    return build


def source(path: str) -> str:
    return (SOURCES / path).read_text()


def running(twin: TwinProcess) -> str:
    """Return the version of the firmware that answers."""

    async def ask() -> dict[str, Any]:
        async with link_to(twin) as link:
            return await link.call("hello", timeout_ms=60_000)

    return asyncio.run(ask())["firmware"]


def slot_after_probation(twin: TwinProcess) -> str:
    """Let the firmware live until it calls itself good; return what /slot says then."""

    async def live() -> None:
        async with link_to(twin) as link:
            begun = (await link.call("hello", timeout_ms=60_000))["ticks_ms"]
            now = begun
            while now < begun + PROBATION_MS + 4000 * SCALE:  # it looks each second of the world
                await asyncio.sleep(0.2)
                now = (await link.call("board.state", timeout_ms=60_000))["ticks_ms"]

    asyncio.run(live())
    words = twin.mpremote("exec", "print(open('/slot').read())").strip()
    terminal = Terminal(twin.port)
    twin.control("reset")
    terminal.until(FIRST_RECORD, PATIENCE_S)
    return words


def test_an_update_confirms_itself(twin: TwinProcess, new: Build):
    files = new()
    terminal = Terminal(twin.port)
    done = install(twin.port, files, lambda line: None)
    assert done.slot == "b"
    assert 0 < done.sent < len(files)  # what stayed the same is copied on the board
    terminal.until(FIRST_RECORD, PATIENCE_S)
    assert running(twin) == NEW
    assert slot_after_probation(twin) == "b"
    assert running(twin) == NEW


def test_an_update_that_does_not_start_gives_way(twin: TwinProcess, new: Build):
    files = new(updater="\nraise ValueError('broken')\n")
    terminal = Terminal(twin.port)
    install(twin.port, files, lambda line: None)
    for _ in range(3):
        terminal.until(b"ValueError: broken", PATIENCE_S)
    terminal.until(b"the firmware in /b did not start: back to /a", PATIENCE_S)
    terminal.until(FIRST_RECORD, PATIENCE_S)
    assert running(twin) == VERSION
    assert slot_after_probation(twin) == "a"


def test_an_update_with_a_damaged_file_is_refused(
    twin: TwinProcess, new: Build, monkeypatch: pytest.MonkeyPatch
):
    files = new()
    monkeypatch.setattr(room, "plan", spoilt)
    terminal = Terminal(twin.port)
    with pytest.raises(InstallError, match=r"damaged on the way: /?b"):
        install(twin.port, files, lambda line: None)
    terminal.until(FIRST_RECORD, PATIENCE_S)
    assert running(twin) == VERSION
    assert slot_after_probation(twin) == "a"


def spoilt(state: dict[str, Any], contents: dict[str, bytes]) -> Plan:
    """The steps of an installation in which one letter of the new version is another one."""
    planned = plan(state, contents)
    at = next(n for n, code in enumerate(planned.codes) if code.startswith("put("))
    code = planned.codes[at]
    planned.codes[at] = code[:-4] + ("A" if code[-4] != "A" else "B") + code[-3:]
    return planned
