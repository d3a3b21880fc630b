"""The bus worker on real MicroPython reads the plant over TCP and RFC 2217."""

import json
import subprocess
from pathlib import Path

import pytest

from shared.mbus import telegram
from tests.fakes.plant import RunningPlant, running_plant

ROOT = Path(__file__).parents[2]
SCALE = 10
pytestmark = pytest.mark.twin

# Reads each (address, baud) of `jobs` and prints what came, as JSON; then the worker's counts.
CODE = """
import sys; sys.path.insert(0, "")
import asyncio, json, time
from firmware.bus.bus_worker import BusWorker
from firmware.hal.bus_over_network import NetworkBus
from shared.errors import MbuslinkError

class Hal:
    def ticks_ms(self):
        return time.ticks_us() * {scale} // 1000

    def ticks_us(self):
        return time.ticks_us() * {scale}

    async def sleep_ms(self, ms):
        await asyncio.sleep_ms(-(-ms // {scale}))

    def open_bus(self, segment=1):
        return NetworkBus(self, {url!r}, 2400, 0, {scale})

async def main():
    worker = BusWorker(Hal())
    for address, baud in {jobs!r}:
        try:
            frames = await worker.read_meter(address, baud)
            print(json.dumps([frame.hex() for frame in frames]))
        except MbuslinkError as error:
            print(json.dumps([error.key]))
    print(json.dumps(worker.counts()))

asyncio.run(main())
"""


def read(url: str, jobs: list[tuple[str, int]]) -> tuple[list[list[str]], dict[str, int]]:
    """Return the telegrams (hex) or the error key of each job, and the worker's counts."""
    code = CODE.format(url=url, jobs=jobs, scale=SCALE)
    done = subprocess.run(
        ["micropython", "-X", "heapsize=240k", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    *answers, counts = [json.loads(line) for line in done.stdout.splitlines()] or [done.stderr]
    assert isinstance(counts, dict), done.stdout + done.stderr
    return answers, counts


@pytest.fixture(scope="module")
def plant():
    with running_plant(8, time_scale=SCALE) as running:
        yield running


@pytest.mark.parametrize("scheme", ["bus", "rfc2217"])
def test_every_meter_by_both_addresses(plant: RunningPlant, scheme: str):
    meters = plant.meters
    jobs = [(meter["secondary"], 2400) for meter in meters]
    jobs += [(str(meter["primary"]), 2400) for meter in meters if meter["primary"]]
    answers, counts = read(getattr(plant, scheme), jobs)
    wanted = [meter["secondary"] for meter in meters]
    wanted += [meter["secondary"] for meter in meters if meter["primary"]]
    for secondary, frames in zip(wanted, answers, strict=True):
        decoded = [telegram.decode(bytes.fromhex(frame)) for frame in frames]
        assert {one.id for one in decoded} == {secondary[:8]}
        assert [bool(one.more) for one in decoded] == [True] * (len(decoded) - 1) + [False]
    assert counts["readings"] == len(jobs)
    assert counts["retries"] == counts["noise"] == counts["strays"] == 0
    figures = plant.control("statistics")
    assert figures["idle_violations"] == figures["interruptions"] == figures["collisions"] == 0


def test_a_missing_meter_and_a_missing_bus(plant: RunningPlant):
    assert read(plant.bus, [("99", 2400), ("1", 2400)])[0][0] == ["no_answer"]
    assert read("tcp://127.0.0.1:1", [("1", 2400)])[0] == [["link_lost"]]


def test_the_meters_baud_rate_is_set_where_the_converter_can():
    meters = [
        {"profile": "water", "primary": 1, "serial": 11111111, "baud": 300},
        {"profile": "water", "primary": 2, "serial": 22222222, "baud": 9600},
    ]
    with running_plant(meters, time_scale=SCALE) as plant:
        answers, _ = read(plant.rfc2217, [("1", 300), ("2", 9600), ("1", 9600), ("2", 9600)])
    assert [len(answer[0]) > 100 for answer in answers] == [True, True, False, True]
    assert answers[2] == ["no_answer"]
