"""The firmware's build: complete, reproducible, and done again only where something changed."""

import re
import shutil
from pathlib import Path

import pytest

from host.updates import boards
from host.updates import build as room
from host.updates.build import BuildError, build, main, modules
from host.updates.romfs import image

ROOT = room.ROOT


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sources that a test may change."""
    for folder in ("shared", "firmware", "boards"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__*"))
    monkeypatch.setattr(room, "ROOT", tmp_path)
    monkeypatch.setattr(boards, "ROOT", tmp_path)
    return tmp_path


def content(files: dict[str, Path]) -> dict[str, bytes]:
    return {path: file.read_bytes() for path, file in files.items()}


def modules_in(files: dict[str, Path]) -> set[str]:
    """Return the modules, by dotted name, that the bundles among `files` are made of."""
    texts = [path.with_suffix(".py") for path in files.values() if path.suffix == ".mpy"]
    return set(re.findall(r"  #: ([\w.]+)\n", "".join(text.read_text() for text in texts)))


def test_a_board_gets_what_it_imports_and_nothing_else(tmp_path: Path):
    files = build("twin", tmp_path)
    assert {"main.py", "start.mpy", "boards/twin.mpy"} <= files.keys()
    assert "boards/pico_w.mpy" not in files
    assert "firmware/hal/drivers/uart.mpy" not in files  # the twin has none
    there = modules_in(files)
    assert {"firmware.main", "shared.errors", "shared.mbus.scan"} <= there
    assert "firmware.hal.contract" not in there
    assert "shared.mbus.encode" not in there  # the plant's, not the board's
    assert b"twin" in files["start.mpy"].read_bytes()
    assert files["main.py"].read_text() == (ROOT / "firmware" / "boot.py").read_text()
    assert all(file.is_file() for file in files.values())


def test_the_firmware_takes_its_hardware_from_whoever_starts_it(tmp_path: Path):
    portable = {path.relative_to(ROOT).as_posix() for path in modules(["firmware.main"])}
    assert not [path for path in portable if path.startswith(("firmware/hal/on_", "boards/"))]
    assert "firmware.hal.on_micropython" in modules_in(build("twin", tmp_path))


def test_the_same_sources_give_the_same_bytes(tmp_path: Path):
    assert content(build("twin", tmp_path / "one")) == content(build("twin", tmp_path / "two"))


def test_only_what_changed_is_compiled_again(sources: Path):
    before = {path: file.stat().st_mtime_ns for path, file in build("twin").items()}
    changed = sources / "shared" / "schedule.py"
    changed.write_text(changed.read_text().replace("-DAY_S", "0 - DAY_S"))
    after = {path: file.stat().st_mtime_ns for path, file in build("twin").items()}
    (other,) = [p for p in after if after[p] != before[p] and p != "main.py"]
    assert "  #: shared.schedule\n" in build("twin")[other].with_suffix(".py").read_text()


def test_what_is_no_longer_imported_leaves_the_build(sources: Path):
    extra = sources / "shared" / "extra.py"
    extra.write_text("EXTRA = 1\n")
    journal = sources / "firmware" / "settings.py"
    text = journal.read_text()
    journal.write_text(text + "\nfrom shared import extra\n")
    assert "shared.extra" in modules_in(build("twin"))
    journal.write_text(text)
    stale = sources / "build" / "twin" / "extra_1.mpy"
    stale.write_bytes(b"")
    assert "shared.extra" not in modules_in(build("twin"))
    assert not stale.exists()


def test_a_module_that_does_not_compile_is_named_with_its_line(sources: Path):
    settings = sources / "firmware" / "settings.py"
    settings.write_text("nonlocal x\n" + settings.read_text())
    with pytest.raises(BuildError, match=r"firmware/settings\.py does not compile: .* line 1$"):
        build("twin")
    settings.write_text("A = (\n")
    with pytest.raises(BuildError, match=r"firmware/settings\.py does not compile: .* line 1"):
        build("twin")


def test_a_line_of_a_traceback_is_told_in_our_files(capsys: pytest.CaptureFixture[str]):
    files = build("twin")
    texts = {p: files[p].with_suffix(".py").read_text() for p in files if p.endswith(".mpy")}
    (bundle,) = [path for path in texts if "  #: firmware.main\n" in texts[path]]
    lines = texts[bundle].split("\n")
    line = next(n for n, text in enumerate(lines, 1) if "failed, starts again" in text)
    assert main(["--where", f"{bundle[:-4]}:{line}"]) == 0
    file, _, number = capsys.readouterr().out.strip().partition(":")
    assert file == "firmware/main.py"
    assert "failed, starts again" in (ROOT / file).read_text().split("\n")[int(number) - 1]


@pytest.mark.parametrize("board", boards.names())
def test_every_board_can_be_built_and_has_the_rom_for_two(board: str, tmp_path: Path):
    contents = content(build(board, tmp_path))
    contents.pop("main.py")
    size = len(image(contents))
    assert 2 * size < boards.read(board).rom_kb * 1024


def test_a_board_whose_table_cannot_work_is_not_built(sources: Path):
    pico_w = sources / "boards" / "pico_w.py"
    pico_w.write_text(pico_w.read_text().replace('"tx": 0', '"tx": 23'))
    with pytest.raises(BuildError, match=r"pico_w: bus 1 .uart.: tx = 23: the board uses this pin"):
        build("pico_w")


def test_an_unknown_board_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]):
    assert main(["--board", "toaster"]) == 1
    assert "no board 'toaster': boards/ has " in capsys.readouterr().err


def test_imports_inside_functions_count(sources: Path):
    (sources / "boards" / "hidden.py").write_text("HIDDEN = 1\n")
    (sources / "boards" / "twin.py").write_text("def f():\n    import boards.hidden\n")
    assert sources / "boards" / "hidden.py" in modules(["boards.twin"])
