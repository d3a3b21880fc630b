"""Runs test code on real MicroPython, with the repository as its root and a board's heap."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def run_on_micropython(code: str, timeout_s: float = 30, heap: str = "240k") -> Any:
    """Run `code`, which calls `tell(value)` once; return that value. `heap`: a board's, or more.

    Raises AssertionError with what MicroPython said when the code fails or tells nothing.
    """
    program = shutil.which("micropython")
    assert program, "micropython is not on PATH: run tools/test"
    prelude = (
        f"import sys, json\nsys.path.insert(0, {str(ROOT)!r})\n"
        "def tell(value):\n    print('TOLD', json.dumps(value))\n"
    )
    done = subprocess.run(
        [program, "-X", f"heapsize={heap}", "-c", prelude + code],
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    said = done.stdout + done.stderr
    told = [line for line in said.splitlines() if line.startswith("TOLD ")]
    assert len(told) == 1, said
    return json.loads(told[0].removeprefix("TOLD "))


def scenarios_on_micropython(module: str, timeout_s: float = 60) -> list[str]:
    """Run `main()` of a module of scenarios on MicroPython; return the lines it printed."""
    program = shutil.which("micropython")
    assert program, "micropython is not on PATH: run tools/test"
    code = f"import sys; sys.path.insert(0, ''); from {module} import main; main()"
    done = subprocess.run(
        [program, "-X", "heapsize=240k", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    return (done.stdout + done.stderr).splitlines()
