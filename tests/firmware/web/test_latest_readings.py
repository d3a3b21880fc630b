"""The scenarios of the latest readings, on CPython one by one, on real MicroPython in one run."""

import asyncio

import pytest

from tests.fakes.small_python import scenarios_on_micropython
from tests.firmware.web import latest_readings_scenarios as them


@pytest.mark.parametrize("scenario", them.SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_on_cpython(scenario):
    asyncio.run(scenario())


def test_on_micropython():
    expected = [f"ok {scenario.__name__}" for scenario in them.SCENARIOS]
    assert scenarios_on_micropython("tests.firmware.web.latest_readings_scenarios") == expected
