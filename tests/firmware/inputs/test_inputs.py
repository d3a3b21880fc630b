"""The local inputs go on being logged whatever one of them does."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from firmware.inputs.inputs import Inputs
from tests.fakes.loop import in_jumping_time


class Pulses:
    """S0 inputs whose first reading fails."""

    fails = True

    async def entries(self) -> list[dict[str, Any]]:
        if self.fails:
            self.fails = False
            raise OSError("flash is full")
        return [{"address": "S0-1", "telegrams": [b"1"]}]


class Temperatures:
    async def entries(self) -> list[dict[str, Any]]:
        return []


async def sleep_ms(ms: int) -> None:
    await asyncio.sleep(ms / 1000)


def made(kept: list[dict[str, Any]], pulses: Pulses) -> Inputs:
    """Return inputs whose readings are `kept`."""
    hal = SimpleNamespace(boot=1, ticks_ms=lambda: 5, utc_s=lambda: None, sleep_ms=sleep_ms)
    alarms = SimpleNamespace(
        keep_inputs=lambda addresses: None, note=lambda entry: None, active=list
    )
    parts = (
        SimpleNamespace(add=kept.append),
        SimpleNamespace(entries=pulses.entries, state=list),
        SimpleNamespace(entries=Temperatures().entries, state=list),
        SimpleNamespace(state=list),
        alarms,
        SimpleNamespace(energised=[]),
    )
    return Inputs(hal, *parts, lambda method, params: None)


@in_jumping_time
async def test_logging_that_fails_is_told_and_begins_anew() -> None:
    kept: list[dict[str, Any]] = []
    inputs = made(kept, Pulses())
    inputs.log()
    with pytest.raises(OSError, match="flash is full"):  # `main.keep_running` tells it
        await asyncio.wait_for(inputs.run(), 60)
    running = asyncio.create_task(inputs.run())
    inputs.log()
    await asyncio.sleep(2)
    assert [entry["address"] for entry in kept] == ["S0-1"]
    assert not running.done()
    running.cancel()


@in_jumping_time
async def test_l3_an_input_that_is_switched_on_is_logged_at_once() -> None:
    kept: list[dict[str, Any]] = []
    pulses = Pulses()
    pulses.fails = False
    inputs = made(kept, pulses)
    running = asyncio.create_task(inputs.run())
    inputs.switched({"s0.1.unit", "language"})
    await asyncio.sleep(2)
    assert kept == []
    inputs.switched({"s0.1.active", "s0.1.unit"})
    await asyncio.sleep(2)
    assert [entry["address"] for entry in kept] == ["S0-1"]
    running.cancel()
