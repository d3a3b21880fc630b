"""Free heap of the firmware with everything running, and the time from power-up to the first hello.

The twin runs with the heap that a W5500-EVB-Pico has (209 KB), a schedule of 250 meters that the
board reads by itself while the host fetches the journal, then a scan. Figures tell of a board only
from a MicroPython of 32 bits: on 64 bits objects take about 1.4 times the memory. Give one by
`--micropython PROGRAM` (Debian's package `micropython` for i386 is one, `dpkg --add-architecture
i386`).
"""

import asyncio
import os
import subprocess
import tempfile
import time
from pathlib import Path

from host.device.async_conversation import AsyncConversation
from shared.link.messages import BOARD
from tests.fakes.plant import running_plant
from tests.fakes.twin import images_with_firmware, running_twin
from tools.twin.supervisor import find_micropython

GOAL_KB = 60
GOAL_READY_S = 30
METERS = 250
PIECE = 8  # meters in a request of at most 2048 bytes
UNSET = ("segment", "baud", "cycle_s", "per_day", "snd_nke", "application_reset", "settle_ms")


def options(parser):
    parser.add_argument("--micropython", help="the interpreter, best one of 32 bits")
    parser.add_argument("--heap", default="209k", help="its heap (209k, a W5500-EVB-Pico's)")
    parser.add_argument("--seconds", type=int, default=20, help="how long to read and to scan")
    parser.add_argument("--time-scale", type=int, default=10, help="of plant and twin")


def run(chosen):
    images = images_with_firmware()  # made by the twin as it always is
    if chosen.micropython:
        os.environ["MBUSLINK_MICROPYTHON"] = chosen.micropython
    os.environ["MBUSLINK_TWIN_HEAP"] = chosen.heap
    code = "import sys; print(32 if sys.maxsize < 1 << 32 else 64)"
    told = subprocess.run([find_micropython(), "-c", code], capture_output=True, text=True)
    bits = int(told.stdout)
    figures = asyncio.run(measure(images, chosen.seconds, chosen.time_scale))
    print(f"MicroPython of {bits} bits, heap {chosen.heap}")
    print("| moment | free heap, KB |")
    print("|---|---|")
    for name, size in figures["free"].items():
        print(f"| {name} | {size / 1024:.1f} |")
    least_kb = min(figures["free"].values()) / 1024
    met = least_kb >= GOAL_KB
    print(f"\nleast {least_kb:.1f} KB, goal {GOAL_KB} KB: {'met' if met else 'missed'}")
    print(f"power-up to the first hello: {figures['ready_s']:.2f} s, goal {GOAL_READY_S} s")
    if bits != 32:
        print("(of 64 bits: not a board's figure, see --help)")
    return 0 if met or bits != 32 else 1


async def measure(images, seconds, scale):
    """Return {"free": {moment: least bytes free}, "ready_s": seconds}."""
    with tempfile.TemporaryDirectory(prefix="twin") as name:
        for file, content in images.items():
            (Path(name) / file).write_bytes(content)
        with (
            running_plant(METERS, time_scale=scale) as plant,
            running_twin(plant.bus, scale, directory=Path(name), io=plant.io) as twin,
        ):
            started = time.monotonic()
            twin.control("reset")
            async with link_to(*twin.serial_tcp) as link:
                await link.call("hello")
                ready_s = time.monotonic() - started
                free = {"after the first hello": await heap(link)}
                await schedule(link, [str(m["primary"]) for m in plant.meters])
                free["250 meters in the schedule"] = await heap(link)
                free["reading them, the host takes the journal"] = await reading(link, seconds)
                free["scanning by secondary address"] = await scanning(link, seconds)
                return {"free": free, "ready_s": ready_s}


class link_to:
    """`async with link_to(host, port) as link`: a conversation with the board."""

    def __init__(self, host, port):
        self._address = host, port

    async def __aenter__(self):
        reader, writer = await asyncio.open_connection(*self._address)
        link = AsyncConversation(BOARD, reader, writer, on_console=print)
        self._running = asyncio.create_task(link.run())
        return link

    async def __aexit__(self, *error):
        self._running.cancel()


async def heap(link):
    return (await link.call("board.state"))["heap_free"]


async def schedule(link, addresses):
    """Give the board all meters, as fast as the bus can."""
    await link.call("clock.set", utc_s=int(time.time()))
    for first in range(0, len(addresses), PIECE):
        meters = [
            {"address": address, "retries": None, **dict.fromkeys(UNSET)}
            for address in addresses[first : first + PIECE]
        ]
        await link.call(
            "schedule.set",
            revision="00000001",
            cycle_s=0,
            dates=[[0, 1, 0]],
            offsets=[],
            total=len(addresses),
            first=first,
            meters=meters,
        )


async def reading(link, seconds):
    """Return the least heap while the board reads and we take what it has read."""
    least, boot, after = await heap(link), 0, 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        answer = await link.call("journal.fetch", boot=boot, after=after, limit=4)
        if answer["entries"]:
            boot, after = answer["entries"][-1]["boot"], answer["entries"][-1]["number"]
            await link.call("journal.acknowledge", boot=boot, number=after)
        least = min(least, await heap(link))
        await asyncio.sleep(0.1)
    return least


async def scanning(link, seconds):
    least = await heap(link)
    await link.call(
        "scan.start",
        by="secondary",
        first=0,
        last=0,
        mask="FFFFFFFFFFFFFFFF",
        backward=False,
        bauds=[2400],
        segment=1,
    )
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        least = min(least, await heap(link))
        await asyncio.sleep(0.2)
    return least
