"""The whole firmware on the twin: its link answers, it reads meters, its tasks stay alive."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from host.device.async_conversation import AsyncConversation
from shared.link.messages import BOARD
from shared.mbus import telegram
from tests.fakes.plant import running_plant
from tests.fakes.small_python import run_on_micropython
from tests.fakes.twin import Terminal, TwinProcess, running_twin

pytestmark = pytest.mark.twin
READY_S = 30


@contextlib.asynccontextmanager
async def link_to(twin: TwinProcess) -> AsyncIterator[AsyncConversation]:
    reader, writer = await asyncio.open_connection(*twin.serial_tcp)
    conversation = AsyncConversation(BOARD, reader, writer)
    running = asyncio.create_task(conversation.run())
    try:
        yield conversation
    finally:
        running.cancel()


async def read(twin: TwinProcess, address: str, baud: int = 2400) -> dict[str, Any]:
    asked = {"snd_nke": True, "application_reset": None, "retries": 3, "settle_ms": 0}
    async with link_to(twin) as link:
        await link.call("hello")
        return await link.call(
            "meter.read", timeout_ms=20_000, address=address, baud=baud, keep=False, **asked
        )


async def hello(twin: TwinProcess) -> dict[str, Any]:
    async with link_to(twin) as link:
        return await link.call("hello", timeout_ms=5000)


def test_a_failing_task_is_told_of_and_starts_again():
    code = """
import asyncio, sys
class NoMachine: pass
sys.modules["machine"] = NoMachine
from firmware.main import keep_running
runs, failed = [], []
class Health:
    def failed(name, error):
        failed.append(name + " " + str(error))
class Hal:
    async def sleep_ms(self, ms):
        runs.append(ms)
        await asyncio.sleep_ms(0)
async def task():
    if len(runs) == 3:
        raise KeyboardInterrupt
    raise ValueError("run " + str(len(runs)))
try:
    asyncio.run(keep_running(Hal(), Health, "pump", task))
except KeyboardInterrupt:
    tell([runs, failed])
"""
    told = ["pump run 0", "pump run 1", "pump run 2"]
    assert run_on_micropython(code, heap="1m") == [[1000, 1000, 1000], told]


def test_ctrl_c_leaves_the_repl_and_ctrl_d_starts_again():
    with running_twin() as twin:
        terminal = Terminal(twin.port)
        terminal.until(b"\x1e")  # the first record of the link
        terminal.type(b"\x03")
        assert b"KeyboardInterrupt" in terminal.until(b">>> ")
        terminal.type(b"\x04")
        terminal.until(b"soft reboot")
        terminal.until(b"\x1e")


def test_it_is_ready_within_30_s_of_power_up():
    """It answers and has read a meter; the twin's time is the world's here."""
    with running_plant(1) as plant, running_twin(plant.bus) as twin:
        started = time.monotonic()
        twin.control("reset")
        assert asyncio.run(read(twin, str(plant.meters[0]["primary"])))["error"] is None
        assert time.monotonic() - started < READY_S


def test_each_start_is_a_new_boot():
    with running_twin() as twin:
        boots = [asyncio.run(hello(twin))["boot"]]
        for action in ("kill", "reset"):
            terminal = Terminal(twin.port)
            twin.control(action)
            terminal.until(b"\x1e")
            boots.append(asyncio.run(hello(twin))["boot"])
        assert boots == [boots[0], boots[0] + 1, boots[0] + 2]


@pytest.mark.parametrize("way", ["bus", "rfc2217"])
def test_meters_of_the_plant_are_read(way: str):
    """By primary and by secondary address; not so fast that a busy computer comes too late."""
    with running_plant(4, time_scale=5) as plant, running_twin(getattr(plant, way), 5) as twin:
        for meter in plant.meters:
            for address in (str(meter["primary"]), meter["secondary"]):
                entry = asyncio.run(read(twin, address))
                assert entry["error"] is None, (meter, entry)
                first = telegram.decode(bytes.fromhex(entry["telegrams"][0]))
                assert first.id == meter["secondary"][:8]


def test_nobody_at_an_address_and_no_bus_are_told_apart():
    with running_plant(1, time_scale=20) as plant, running_twin(plant.bus, 20) as twin:
        assert asyncio.run(read(twin, "99"))["error"]["key"] == "no_answer"
    with running_twin() as twin:
        error = asyncio.run(read(twin, "1"))["error"]
        assert error["key"] == "link_lost"
        assert error["detail"].startswith("bus tcp://127.0.0.1:1: ECONNREFUSED; is the converter")


def test_noise_on_the_console_harms_nothing():
    """A quarter of a megabyte, every byte but Ctrl-C: the next request is answered."""
    noise = bytes(b for b in range(256) if b != 3) * 1000

    async def shout(twin: TwinProcess) -> str:
        async with link_to(twin) as link:
            link.send_raw(noise + b"\n")
            return (await link.call("hello", timeout_ms=20_000))["board"]

    with running_twin() as twin:
        assert asyncio.run(shout(twin)) == "twin"
