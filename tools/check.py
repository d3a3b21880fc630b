"""Lint and types: ruff, then pyright for each Python the code runs on. Fast; run before a commit.

usage: python -m tools.check
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools import environment

ROOT = environment.ROOT
STUBS = ROOT / "build" / "stubs"
# The rooms that run on the small Pythons; `host` is settled in pyproject.toml (strict).
SMALL = {
    "micropython": ["shared", "firmware", "boards"],
    "circuitpython": ["shared", "firmware/hal/on_circuitpython.py"],
}
# What CPython runs and is checked less strictly than `host`, but for what runs on MicroPython.
BASIC = ["tools"]
NOT_ON_CPYTHON = ["tools/twin/rom", "tools/bench/*_small.py"]
# What only one of them can import.
NOT_IN = {"micropython": ["firmware/hal/on_circuitpython.py"], "circuitpython": []}


def small_python_settings(name: str) -> Path:
    """Write pyright's settings for the rooms of one small Python; return the file."""
    stubs = {
        "ignore": [str(STUBS)],  # the stubs themselves have errors that are not ours
        "stubPath": str(STUBS / name),
        "reportMissingModuleSource": False,
    }
    if (STUBS / name / "stdlib").is_dir():
        stubs["typeshedPath"] = str(STUBS / name)
    return basic_settings(name, SMALL[name], NOT_IN[name], stubs)


def basic_settings(name: str, rooms: list[str], without: list[str], more: dict[str, Any]) -> Path:
    """Write pyright's settings, basic mode, for `rooms` but `without` and `more`; return the file.

    Settings are made, not kept: they name folders of this machine.
    """
    settings = {
        "include": [f"../../{room}" for room in rooms],  # relative, or pyright ignores it
        "exclude": [f"../../{path}" for path in without],
        "extraPaths": [str(ROOT)],
        "typeCheckingMode": "basic",
        "pythonVersion": "3.11",
        **more,
    }
    path = STUBS / f"{name}.json"
    path.write_text(json.dumps(settings, indent=1))
    return path


def pyright(*arguments: str) -> list[str]:
    return [str(environment.VENV / "bin" / "pyright"), *arguments]


def main() -> int:
    """Run every check; return 1 when one finds something."""
    ruff = str(environment.VENV / "bin" / "ruff")
    checks = {
        "ruff check": [ruff, "check", "--no-cache", "."],
        "ruff format": [ruff, "format", "--no-cache", "--check", "."],
        "types: host (strict)": pyright(),
    }
    for name, rooms in SMALL.items():
        environment.install(ROOT / "tools" / "stubs" / f"{name}.lock", STUBS / name)
        title = f"types: {', '.join(rooms)} ({name})"
        checks[title] = pyright("-p", str(small_python_settings(name)))
    venv = {"venvPath": str(ROOT), "venv": environment.VENV.name}
    settings = basic_settings("cpython", BASIC, NOT_ON_CPYTHON, venv)
    checks[f"types: {', '.join(BASIC)}"] = pyright("-p", str(settings))
    failed = 0
    for title, command in checks.items():
        print(f"== {title}", flush=True)
        failed += bool(subprocess.run(command, cwd=ROOT).returncode)
    print(f"checks: {len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
