"""The scenarios of several buses, on CPython one by one and on real MicroPython all in one run."""

import asyncio

import pytest

from tests.fakes.small_python import run_on_micropython
from tests.firmware.bus import buses_scenarios


@pytest.mark.parametrize(
    "scenario", buses_scenarios.SCENARIOS, ids=lambda scenario: scenario.__name__
)
def test_on_cpython(scenario):
    asyncio.run(scenario())


def test_on_micropython():
    """The very same scenarios, with the heap of a board."""
    code = (
        "from tests.firmware.bus import buses_scenarios as them\n"
        "them.main()\ntell(len(them.SCENARIOS))"
    )
    assert run_on_micropython(code) == len(buses_scenarios.SCENARIOS)
