"""What a fresh clone needs beside its Python packages: texts, front-end files, firmware.

Each step does nothing when its result is there and up to date.
"""

import subprocess
import sys

from tools.environment import ROOT, SetupError, Step

STEPS = (
    ("Compiling the texts (de, en, fr)", ("host.texts",)),
    ("Fetching the front-end packages", ("host.web.assets",)),
    ("Compiling the firmware", ("host.updates.build", "--board", "twin")),
)


def everything() -> None:
    """Run every step; raise SetupError with its output when one fails."""
    for title, arguments in STEPS:
        with Step(title):
            run_module(*arguments)


def run_module(module: str, *arguments: str) -> None:
    """Run `python -m MODULE ARGUMENTS`; raise SetupError with its last lines when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise SetupError(f"python -m {module} {' '.join(arguments)} failed:\n{tail}")
