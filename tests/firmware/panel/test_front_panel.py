"""The front panel's scenarios, on real MicroPython."""

import subprocess
from pathlib import Path

from tests.firmware.panel import panel_scenarios

ROOT = Path(__file__).parents[3]


def test_on_micropython():
    code = "import sys; sys.path.insert(0, ''); "
    code += "from tests.firmware.panel import panel_scenarios as them"
    done = subprocess.run(
        ["micropython", "-X", "heapsize=400k", "-c", code + "; them.main()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    expected = [f"ok {scenario.__name__}" for scenario in panel_scenarios.SCENARIOS]
    assert done.stdout.splitlines() == expected, done.stdout + done.stderr
