"""The twin's connection to the plant's I/O port, on both Pythons, with a real plant."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.plant import RunningPlant, running_plant
from tests.tools.plant.test_io_port import Device, io_when

ROOT = Path(__file__).parents[3]
# A device whose relay 1 follows the Enter key, and whose relay 2 tells that input 3 has closed.
CODE = """
import asyncio, sys
sys.path.insert(0, "")
from firmware.hal.plant_io import PlantIo

async def main():
    io = PlantIo({url!r})
    io.set("led", ["read", 1])
    io.listen("key", lambda key: key[0] == "enter" and io.set("relay", [1, key[1]]))
    io.listen("s0", lambda edges, t_us: [io.set("relay", [2, True]) for n, on, _ in edges if on])
    for _ in range(5):
        io.set("led", ["read", 1])
        io.set("led", ["read", 2])
    await asyncio.sleep(100)

asyncio.run(main())
"""


@pytest.fixture(params=[sys.executable, "micropython"], ids=["cpython", "micropython"])
def plant(request):
    with running_plant(1) as running:
        device = subprocess.Popen([request.param, "-c", CODE.format(url=running.io)], cwd=ROOT)
        try:
            yield running
        finally:
            device.kill()
            device.wait()


def test_both_ways(plant: RunningPlant):
    state = io_when(plant, lambda state: state["leds"]["read"] == 2)
    assert state["relays"] == [False, False]
    plant.control("key", key="enter")
    io_when(plant, lambda state: state["relays"] == [True, False])
    plant.control("pulses", input=3)
    io_when(plant, lambda state: state["relays"] == [True, True])
    assert plant.control("io")["refused"] == []


def test_after_a_loss_all_outputs_are_told_again(plant: RunningPlant):
    plant.control("key", key="enter")
    io_when(plant, lambda state: state["relays"][0])
    other = Device(plant)  # takes its place
    io_when(plant, lambda state: not state["relays"][0])
    state = io_when(plant, lambda state: state["relays"][0])
    assert state["leds"] == {"read": 2, "scan": 0}
    other.power_off()
