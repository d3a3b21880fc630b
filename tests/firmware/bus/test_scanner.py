"""The scanner's scenarios, on CPython one by one and on real MicroPython all in one run."""

import asyncio

import pytest

from tests.fakes.small_python import run_on_micropython
from tests.firmware.bus import scanner_scenarios


@pytest.mark.parametrize(
    "scenario", scanner_scenarios.SCENARIOS, ids=lambda scenario: scenario.__name__
)
def test_on_cpython(scenario):
    asyncio.run(scenario())


def test_on_micropython():
    """The very same scenarios, with more heap than a board: the fake bus keeps all it heard."""
    code = "from tests.firmware.bus import scanner_scenarios as them\n"
    code += "them.main()\ntell(len(them.SCENARIOS))"
    assert run_on_micropython(code, heap="1m") == len(scanner_scenarios.SCENARIOS)
