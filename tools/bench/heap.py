"""Free heap of the firmware with everything running, and the time from power-up to the first hello.

The twin runs with the heap that a W5500-EVB-Pico has (209 KB), with its page and level converter, a
schedule of 250 meters that the board reads by itself while the host fetches the journal, its page
and list of meters just asked for, then a scan: once with its firmware in ROM, where code runs in
place, once with it in files. Figures tell of a board only from a MicroPython of 32 bits: on 64 bits
objects take about 1.4 times the memory. Give one by `--micropython PROGRAM` (Debian's package
`micropython` for i386 is one, `dpkg --add-architecture i386`).
"""

import asyncio
import os
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from host.device.async_conversation import AsyncConversation
from shared.errors import MbuslinkError
from shared.link.messages import BOARD
from tools.plant.running import running_plant
from tools.twin.running import images_with_firmware, running_twin
from tools.twin.supervisor import ROM_KB, find_micropython

GOAL_KB = 60
GOAL_READY_S = 30
METERS = 250
SCANNING = "a scan by secondary address beside it: least"
PIECE = 8  # meters in a request of at most 2048 bytes
COUNTED_S = 1.2  # real seconds, longer than the board holds a figure
UNSET = ("segment", "baud", "cycle_s", "per_day", "snd_nke", "application_reset", "settle_ms")


def options(parser):
    parser.add_argument("--micropython", help="the interpreter, best one of 32 bits")
    parser.add_argument("--heap", default="209k", help="its heap (209k, a W5500-EVB-Pico's)")
    parser.add_argument("--seconds", type=int, default=20, help="how long to read and to scan")
    parser.add_argument("--time-scale", type=int, default=10, help="of plant and twin")


def run(chosen):
    ways = {"ROM": ROM_KB, "files": 0}
    images = {way: images_with_firmware(rom_kb) for way, rom_kb in ways.items()}
    if chosen.micropython:
        os.environ["MBUSLINK_MICROPYTHON"] = chosen.micropython
    os.environ["MBUSLINK_TWIN_HEAP"] = chosen.heap
    code = "import sys; print(32 if sys.maxsize < 1 << 32 else 64)"
    told = subprocess.run([find_micropython(), "-c", code], capture_output=True, text=True)
    bits = int(told.stdout)
    free = {}  # way -> {moment: bytes, 0 for failed}, as far as it came
    ready_s = {}
    for way, rom_kb in ways.items():
        free[way] = {}
        said = []
        try:
            todo = measure(images[way], rom_kb, chosen, free[way], said.append)
            ready_s[way] = asyncio.run(asyncio.wait_for(todo, 60 + 5 * chosen.seconds))
        except (OSError, MbuslinkError, TimeoutError) as error:
            print(f"firmware in {way}: {type(error).__name__}: {error}")
        failed = "".join(said).count("MemoryError")
        print(f"firmware in {way}: something got no memory {failed} times")
    print(f"MicroPython of {bits} bits, heap {chosen.heap}: free after a collection, KB")
    print("| moment | " + " | ".join(f"firmware in {way}" for way in ways) + " |")
    print("|---|---|---|")
    for moment in free["ROM"]:
        sizes = (free[way].get(moment) for way in ways)
        print(f"| {moment} | " + " | ".join(f"{n / 1024:.1f}" if n else "-" for n in sizes) + " |")
    beside = {moment: size for moment, size in free["ROM"].items() if moment != SCANNING}
    least_kb = min(beside.values(), default=0) / 1024
    met = least_kb >= GOAL_KB and "ROM" in ready_s
    result = "met" if met else "missed"
    print(f"\nleast but for the scan {least_kb:.1f} KB, goal {GOAL_KB} KB: {result}")
    told = ", ".join(f"{taken:.2f} s from {way}" for way, taken in ready_s.items())
    print(f"power-up to the first hello: {told}; goal {GOAL_READY_S} s")
    if bits != 32:
        print("(of 64 bits: not a board's figure, see --help)")
    return 0 if met or bits != 32 else 1


async def measure(images, rom_kb, chosen, free, on_console):
    """Fill `free` with {moment: least bytes free}; return the seconds from power to hello."""
    with tempfile.TemporaryDirectory(prefix="twin") as name:
        for file, content in images.items():
            (Path(name) / file).write_bytes(content)
        place = {"directory": Path(name), "rom_kb": rom_kb}
        with (
            running_plant(METERS, time_scale=chosen.time_scale) as plant,
            running_twin(plant.bus, chosen.time_scale, io=plant.io, lan=True, **place) as twin,
        ):
            started = time.monotonic()
            twin.control("reset")
            async with link_to(*twin.serial_tcp, on_console) as link:
                await link.call("hello")
                ready_s = time.monotonic() - started
                free["after the first hello"] = await heap(link)
                await schedule(link, [str(m["primary"]) for m in plant.meters])
                free["250 meters in the schedule"] = await heap(link)
                for moment, path in (("its page served", "/"), ("its list of meters", "/meters")):
                    served = await asyncio.to_thread(page, twin.web + path)
                    free[moment] = served and await heap(link)
                seconds = chosen.seconds
                free["reading them, the host takes the journal: least"] = await reading(
                    link, seconds
                )
                free[SCANNING] = await scanning(link, seconds)
                return ready_s


def page(url):
    """Whether the board serves its page: it has the memory."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return bool(answer.read())
    except urllib.error.HTTPError:
        return False


class link_to:
    """`async with link_to(host, port, on_console) as link`: a conversation with the board."""

    def __init__(self, host, port, on_console):
        self._address, self._on_console = (host, port), on_console

    async def __aenter__(self):
        reader, writer = await asyncio.open_connection(*self._address)
        link = AsyncConversation(BOARD, reader, writer, on_console=self._on_console)
        self._running = asyncio.create_task(link.run())
        return link

    async def __aexit__(self, *error):
        self._running.cancel()


async def heap(link):
    """Return the free bytes. The board counts them once a second: an older figure is let go by."""
    await asyncio.sleep(COUNTED_S)
    return await told(link)


async def told(link):
    """Return the free bytes as the board has counted them within the last second."""
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
        least = min(least, await told(link))
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
        least = min(least, await told(link))
        await asyncio.sleep(0.2)
    return least
