"""What a fresh clone needs beside its Python packages: texts, front-end files, firmware.

Each step does nothing when its result is there and up to date.
"""

import subprocess
import sys

from tools.environment import ROOT, SetupError, Step

STEPS = (
    ("Compiling the texts (de, en, fr)", ["-m", "host.texts"]),
    ("Fetching the front-end packages", ["-m", "host.web.assets"]),
    ("Compiling the firmware", ["-m", "host.updates.build", "--board", "twin"]),
)


def everything() -> None:
    """Run every step; raise SetupError with its output when one fails."""
    for title, arguments in STEPS:
        with Step(title):
            done = subprocess.run(
                [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True
            )
            if done.returncode:
                tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
                raise SetupError(f"{title} failed (python {' '.join(arguments)}):\n{tail}")
