"""The scenarios of the board's own page, on CPython one by one, on real MicroPython in one run."""

import asyncio
import json
from types import SimpleNamespace

import pytest

from firmware.web import app
from tests.fakes.small_python import scenarios_on_micropython
from tests.firmware.web import mini_web_scenarios as them


@pytest.mark.parametrize("scenario", them.SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_on_cpython(scenario):
    asyncio.run(scenario())


def test_on_micropython():
    expected = [f"ok {scenario.__name__}" for scenario in them.SCENARIOS]
    assert scenarios_on_micropython("tests.firmware.web.mini_web_scenarios") == expected


def test_a_route_without_memory_says_so():
    async def greedy(request: object):
        raise MemoryError

    request = SimpleNamespace(headers={"Host": "192.168.1.17"}, method="GET")
    answer = asyncio.run(app._checked(greedy)(request))
    assert answer.status_code == 503
    assert "try again in a minute" in json.loads(answer.body)["error"]["detail"]
