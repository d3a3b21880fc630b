"""The logger's scenarios, on CPython one by one and on real MicroPython all in one run."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from tests.firmware.readout import logger_scenarios, memory_scenarios

ROOT = Path(__file__).parents[3]


MODULES = (logger_scenarios, memory_scenarios)
SCENARIOS = [scenario for module in MODULES for scenario in module.SCENARIOS]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_on_cpython(scenario):
    asyncio.run(scenario())


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.split(".")[-1])
def test_on_micropython(module):
    """The very same scenarios, with the heap of a board, or of two where one follows another."""
    code = "import gc, sys; gc.threshold(4096); sys.path.insert(0, '')"
    code += f"; from {module.__name__} import main; main()"
    heap = "240k" if module is logger_scenarios else "480k"
    done = subprocess.run(
        ["micropython", "-X", f"heapsize={heap}", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    expected = [f"ok {scenario.__name__}" for scenario in module.SCENARIOS]
    told = [line for line in done.stdout.splitlines() if line.startswith("ok ")]
    assert (done.returncode, told) == (0, expected), done.stdout + done.stderr
