"""The firmware on an emulated RP2040: opt-in, `MBUSLINK_UF2=path pytest -s tests/hardware`.

README.md says where to get an image and what is emulated. The seconds are those of the emulated
chip; this computer takes some thirty times as long for them.
"""

import asyncio
import copy
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.readout.plan import Plan
from shared.mbus import telegram
from tests.fakes import hardware
from tests.fakes.lcd_controllers import Ssd1306
from tests.fakes.lcd_reader import read_lcd
from tools.plant import population, profiles

UF2 = os.environ.get("MBUSLINK_UF2", "")
BOARD = "w5500_evb_pico"
NOT_EMULATED = {"network"}  # the W5500 itself, and its driver in the image of a Raspberry Pi Pico
GOAL_HEAP = 60 * 1024
READY_S = 30
REST_S = 2  # to see how busy the processor is when the host asks for nothing
METERS = 250
AS_MOST = "segment", "baud", "cycle_s", "per_day", "snd_nke", "application_reset", "settle_ms"
SCAN = {"by": "secondary", "first": 0, "last": 0, "backward": False, "bauds": [2400], "segment": 1}
READ = {"baud": 2400, "snd_nke": True, "application_reset": None, "retries": 1, "settle_ms": 0}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3000),
    pytest.mark.skipif(not UF2, reason="MBUSLINK_UF2 names no MicroPython image"),
]


class Oled(Ssd1306):
    def write(self, register: int, data: bytes) -> None:
        self.take(data, is_data=register == 0x40)


class Time:
    """What the models of tests/fakes/hardware.py ask for the time: the chip's clock."""

    def __init__(self, clock: Any) -> None:
        self._clock = clock

    @property
    def now_ns(self) -> int:
        return int(self._clock.nanos)


@pytest.fixture(scope="module")
def board() -> Iterator[Any]:
    """MicroPython at its prompt, three meters at UART 0; `start` puts the firmware on it."""
    emulated = pytest.importorskip("tests.fakes.emulated_board", exc_type=ImportError)
    with emulated.EmulatedBoard(UF2, population.demo(profiles.load(), 3)) as chip:
        yield chip


@pytest.fixture
def oled(board: Any) -> Oled:
    """The chips of the board's I2C: display, 36 V and 5 mA on three segments, no PT1000."""
    from tests.fakes.emulated_board import I2cChips

    hardware.lab = Time(board.mcu.clock)
    supplies, thermometers, oled = hardware.Ads1115(), hardware.Ads1115(), Oled()
    supplies.microvolts = [1_800_000, 10_000, 10_000, 10_000]
    thermometers.microvolts = [3_300_000] * 4
    I2cChips(board.mcu.i2c[1], {0x3C: oled, 0x48: thermometers, 0x49: supplies})
    return oled


ROOM = """
import rp2, vfs
try:
    rom = len(memoryview(vfs.rom_ioctl(2, 0)))
except (AttributeError, TypeError):
    rom = 0
flash = rp2.Flash()
print(rom, flash.ioctl(4, 0) * flash.ioctl(5, 0))
"""


def start(board: Any, folder: Path) -> int:
    """Put the firmware on the board and reset it; return how many bytes of ROM it has."""
    from tests.fakes.emulated_board import flash_of

    rom, files = map(int, board.exec(ROOM).split())
    print(f"{rom >> 10} KB of ROM, {files >> 10} KB for files")
    kept = {"kept/schedule": schedule(folder)}
    board.flash(flash_of(BOARD, NOT_EMULATED, (rom, files), folder, kept))
    return rom


def schedule(folder: Path) -> Path:
    """Write the schedule of 250 meters, read without a pause, as a board keeps it; return it.

    Handed over by the link it would take the emulator half an hour.
    """

    class Kept:
        def save_pieces(self, name: str, pieces: Iterable[bytes]) -> None:
            (folder / name).write_bytes(b"".join(pieces))

    plan = Plan()
    rows = [
        {"address": str(primary), "retries": None} | dict.fromkeys(AS_MOST)
        for primary in range(1, METERS + 1)
    ]
    plan.take(
        {"revision": "00000001", "cycle_s": 0, "dates": [], "offsets": []}
        | {"total": METERS, "first": 0, "meters": rows}
    )
    plan.save(Kept())
    return folder / "schedule"


class Talk:
    """The host's end of a link to the board: each request and its answer is told.

    heap: what `state` was answered, by the moment that it names: free bytes.
    """

    def __init__(self, board: Any, link: Any) -> None:
        self._board, self._link = board, link
        self.heap: dict[str, int] = {}

    async def call(self, method: str, **params: Any) -> Any:
        answer = await self._link.call(method, timeout_ms=1000 * READY_S, **params)
        print(f"{self._board.seconds:7.2f} s {method}: {answer}")
        return answer

    async def state(self, moment: str) -> None:
        free = (await self.call("board.state"))["heap_free"]
        self.heap[moment] = min(free, self.heap.get(moment, free))

    async def rest(self, seconds: float) -> None:
        """Let `seconds` of the chip's time pass."""
        await asyncio.to_thread(self._board.rest, seconds)


def talk(board: Any, what: Callable[[Talk], Awaitable[Any]]) -> Any:
    """Run `what` on a link to the board; return what it returns."""

    async def run() -> Any:
        async with board.link() as link:
            return await what(Talk(board, link))

    return asyncio.run(run())


async def scan(talk: Talk, mask: str) -> Any:
    """Let the board look for who fits `mask`; return how that went."""
    await talk.call("scan.start", mask=mask, **SCAN)
    while True:
        await talk.rest(REST_S)
        await talk.state("scanning")
        told = await talk.call("scan.state")
        if told["end"]:
            return told


def test_it_boots_with_the_heap_that_we_reckon_with(board: Any):
    code = "import sys, gc; gc.collect(); print(sys.implementation._machine, gc.mem_free())"
    machine, _, free = board.exec(code).strip().rpartition(" ")
    print(f"{machine}: {int(free) / 1024:.1f} KB free at the prompt")
    assert machine.endswith("with RP2040")
    assert int(free) >= 200 * 1024


ASK = """
import binascii, machine, time
pins = dict(tx=machine.Pin(0), rx=machine.Pin(1))
uart = machine.UART(0, 2400, bits=8, parity={parity}, stop=1, rxbuf=1024, **pins)
uart.write(bytes.fromhex("107b017c16"))
time.sleep_ms(1500)
print(binascii.hexlify(uart.read() or b"").decode())
"""


def test_a_meter_hears_8e1_only(board: Any):
    answer = board.exec(ASK.format(parity=0)).strip()
    assert telegram.decode(bytes.fromhex(answer)).error is None
    assert board.buses[0].bus.statistics.flawed_down == 0
    assert board.exec(ASK.format(parity=None)).strip() == ""
    assert board.buses[0].bus.statistics.flawed_down > 0


def test_the_firmware_starts_reads_scans_and_leaves_heap(board: Any, oled: Oled, tmp_path: Path):
    rom = start(board, tmp_path)
    flashed_s = board.seconds
    bus = board.buses[0].bus
    bus.reset_statistics(bus.now)
    meter = bus.meters[0]

    async def session(talk: Talk) -> Any:
        told = await talk.call("hello")
        ready_s = board.seconds - flashed_s
        await talk.state("after the start")
        address = str(meter.primary)
        entry = await talk.call("meter.read", address=address, segment=1, keep=True, **READ)
        await talk.state("a meter read")
        from_s, busy_s = board.seconds, board.busy_s
        await talk.rest(REST_S)
        busy = (board.busy_s - busy_s) / (board.seconds - from_s)
        await talk.state("reading 250 meters")
        assert (await talk.call("logger.state"))["meters"] == METERS
        counts = copy.copy(bus.statistics)
        mask = meter.identity.serial[:7] + "F" * 9
        return told, ready_s, entry, busy, counts, await scan(talk, mask), talk.heap

    told, ready_s, entry, busy, counts, scanned, heap = talk(board, session)
    assert told["board"] == BOARD
    assert ready_s < READY_S
    assert entry["error"] is None
    (frame,) = entry["telegrams"]
    answer = telegram.decode(bytes.fromhex(frame))
    assert (answer.error, answer.id) == (None, meter.identity.serial)
    line = board.buses[0].uart.line
    assert (round(line.baud), line.data_bits, line.parity, line.stop_bits) == (2400, 8, "E", 1)
    assert (counts.flawed_down, counts.idle_violations, counts.collisions) == (0, 0, 0)
    assert oled.on
    print(read_lcd(oled.shown()))

    assert (scanned["end"], scanned["found"]) == ("done", 1)

    least = min(heap.values())
    print(
        f"first answer after {ready_s:.1f} s, processor busy {busy:.0%} while it reads, heap free:"
    )
    print(*(f"{free / 1024:6.1f} KB {moment}" for moment, free in heap.items()), sep="\n")
    if not rom and least < GOAL_HEAP:
        pytest.xfail(f"{least / 1024:.1f} KB of heap left: the image has no ROM partition")
    assert least >= GOAL_HEAP, f"{least / 1024:.1f} KB of heap left"
