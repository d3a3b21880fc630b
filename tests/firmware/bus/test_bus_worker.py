"""The bus worker's scenarios, on CPython one by one and on real MicroPython all in one run."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from tests.firmware.bus import bus_scenarios

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "scenario", bus_scenarios.SCENARIOS, ids=lambda scenario: scenario.__name__
)
def test_on_cpython(scenario):
    asyncio.run(scenario())


def test_on_micropython():
    """The very same scenarios, with the heap of a board."""
    code = "import sys; sys.path.insert(0, ''); "
    code += "from tests.firmware.bus import bus_scenarios as them"
    done = subprocess.run(
        ["micropython", "-X", "heapsize=240k", "-c", code + "; them.main()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    expected = [f"ok {scenario.__name__}" for scenario in bus_scenarios.SCENARIOS]
    assert done.stdout.splitlines() == expected, done.stdout + done.stderr
