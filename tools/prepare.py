"""What a fresh clone needs beside its Python packages: texts, front-end files, firmware.

Each step does nothing when its result is there and up to date.
"""

import sys

from tools import environment
from tools.environment import Step

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
    command = [sys.executable, "-m", module, *arguments]
    environment.run(command, f"python -m {' '.join((module, *arguments))}")
