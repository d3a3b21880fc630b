"""The serial cable: bytes arrive one by one at the master's speed, none before its time."""

import asyncio
import os
import termios
import time

import pytest
import serial

from tests.fakes.loop import in_jumping_time
from tests.fakes.plant import running_plant
from tools.plant.cable import Lane


@pytest.mark.parametrize("baud", [300, 2400, 9600])
@in_jumping_time
async def test_bytes_arrive_back_to_back_and_behind_what_is_under_way(baud: int):
    loop = asyncio.get_running_loop()
    arrived: list[tuple[float, bytes]] = []
    lane = Lane(lambda data: arrived.append((loop.time(), data)), lambda: 11 / baud)
    start = loop.time()
    lane.put(b"\x10\x40")
    await asyncio.sleep(5.5 / baud)
    lane.put(b"\x01")
    await asyncio.sleep(1)
    assert b"".join(data for _, data in arrived) == b"\x10\x40\x01"
    bits = [round((at - start) * baud, 3) for at, _ in arrived]
    assert bits == [11, 22, 33]


def test_it_joins_a_master_and_a_device_and_keeps_the_masters_speed():
    with running_plant(0, cable=True) as plant, serial.Serial(plant.cable_pty, 300) as master:
        assert termios.tcgetattr(master.fileno())[5] == termios.B300
        master.timeout = 5
        device = serial.serial_for_url(plant.cable.replace("tcp", "socket"), timeout=5)
        with device:
            device.write(b"\xe5")
            assert master.read(1) == b"\xe5", "the device is plugged in"
            start = time.monotonic()
            os.write(master.fileno(), bytes(range(10)))
            assert device.read(10) == bytes(range(10))
            assert time.monotonic() - start >= 10 * 11 / 300 - 0.005
