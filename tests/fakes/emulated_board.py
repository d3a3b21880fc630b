"""A board on an emulated RP2040 (rp2040py) with the plant's bus at its UARTs, for opt-in tests.

    with EmulatedBoard(uf2, meters) as board:
        board.exec("print(1)")      # at MicroPython's prompt, as mpremote does
        board.flash(image)          # a file system, then reset: main.py starts
        async with board.link() as link: await link.call("hello")

The chip runs in a thread with its own loop, in emulated time, slower than a real one; the meters
live in the same time, so nothing depends on how fast this computer is.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Coroutine, Mapping
from pathlib import Path
from typing import Any

from rp2040py.boards import BoardSpec  # pyright: ignore
from rp2040py.device import MicroPythonDevice  # pyright: ignore
from rp2040py.irq import IRQ  # pyright: ignore

from host.device.async_conversation import AsyncConversation
from host.updates import boards, romfs
from shared.link.messages import BOARD
from tests.fakes.changed_firmware import build_changed
from tests.fakes.flash_image import BLOCK, littlefs
from tests.fakes.pl011 import Line, Pl011
from tools.plant.bus import Bus
from tools.plant.clock import TICKS_PER_SECOND
from tools.plant.meter import Meter
from tools.plant.wire import Format

CLK_SYS_HZ = 125_000_000  # as rp2040py runs it
UARTS = ((0x40034, IRQ.UART0), (0x40038, IRQ.UART1))  # address >> 12, interrupt
TURN_NS = 1_000_000  # how often bytes that wait for the chip's USB are looked after
TICKS_MASK = (1 << 30) - 1


# RP2040 datasheet 2.15.7, AUXSRC of CLK_PERI_CTRL -> Hz: clk_sys and PLL_SYS as rp2040py runs them,
# PLL_USB (MicroPython's choice), ROSC, XOSC.
CLK_PERI_HZ = {0: 125_000_000, 1: 125_000_000, 2: 48_000_000, 3: 6_500_000, 4: 12_000_000}


def clk_peri_hz(mcu: Any) -> int:
    """Return the clock of the UARTs as the firmware has set it."""
    return CLK_PERI_HZ[mcu.clocks.peri_ctrl >> 5 & 7]


class PatientUsb:
    """Keeps what the chip wants to read from USB waiting until there is something.

    rp2040py answers at once, with nothing; the chip asks again, and never comes to rest: the
    emulator cannot skip the time in which the firmware sleeps.
    """

    def __init__(self, cdc: Any) -> None:
        self._fifo = cdc.tx_fifo
        self._asked: list[tuple[int, int]] = []
        self._answer = cdc.usb.on_endpoint_read
        self._send = cdc.send_serial_byte
        self._reset = cdc.usb.on_reset
        cdc.usb.on_endpoint_read = self._read
        cdc.usb.on_reset = self._forget
        cdc.send_serial_byte = self.send

    def _read(self, endpoint: int, size: int) -> None:
        if endpoint and self._fifo.empty:
            self._asked.append((endpoint, size))
        else:
            self._answer(endpoint, size)

    def send(self, byte: int) -> None:
        self._send(byte)
        if self._asked:
            self._answer(*self._asked.pop(0))

    def _forget(self) -> None:
        self._asked.clear()
        self._reset()


class BusAtUart:
    """UART `number` of the chip as the master of a plant's bus, in the chip's time."""

    def __init__(self, mcu: Any, number: int, meters: list[Meter]) -> None:
        self.bus = Bus(meters, start_s=1_700_000_000)
        self._port = self.bus.add_port()
        self._clock = mcu.clock
        self._due = mcu.clock.create_alarm(self._run)
        page, irq = UARTS[number]
        self.uart = Pl011(
            mcu.clock,
            lambda: clk_peri_hz(mcu),
            lambda level: mcu.set_interrupt(irq, level),
            self._send,
        )
        mcu.uart[number] = mcu.peripherals[page] = self.uart

    def _now(self) -> int:
        return int(self._clock.nanos * TICKS_PER_SECOND / 1e9)

    def _send(self, byte: int, line: Line) -> None:
        self._port.format = Format(round(line.baud), line.parity, line.data_bits, line.stop_bits)
        self.bus.write(self._port, bytes((byte,)), self._now())
        self._run()

    def _run(self) -> None:
        self.bus.advance(self._now())
        received = bytes(self._port.inbox)
        self._port.inbox.clear()
        for byte in received:
            self.uart.receive(byte)
        due = self.bus.next_due()
        self._due.cancel()
        if due is not None:
            wait = max(1, due - self.bus.now) + 1
            self._due.schedule(wait * 1e9 / TICKS_PER_SECOND)


def flash_of(
    board: str,
    without: set[str],
    room: tuple[int, int],
    folder: Path,
    kept: Mapping[str, Path] | None = None,
) -> bytes:
    """Return the flash behind MicroPython with the firmware of `board`, all as it is built but for
    its table: the parts of the roles `without` are left out.

    room: bytes of the ROM partition, 0 for none, and of the file system behind it; folder: a place
    for the work; kept: what else is in the files, path on the board -> file here.
    """
    parts = [part for part in boards.read(board).parts if part[0] not in without]
    table = (boards.ROOT / "boards" / f"{board}.py").read_text()
    table = f"{table}\nPARTS = {tuple(parts)!r}\n"
    files = build_changed(board, {f"boards/{board}.py": table}, folder / "sources")
    root = {"main.py": files.pop("main.py"), "slot": folder / "slot"}
    root |= kept or {}
    root["slot"].write_text("a")
    rom, blocks = b"", room[1] // BLOCK
    if room[0]:
        rom = romfs.image({name: path.read_bytes() for name, path in files.items()})
        assert len(rom) <= room[0] // 2, "the firmware outgrew a slot in ROM"
    else:
        root |= {f"a/{name}": path for name, path in files.items()}
    return rom.ljust(room[0], b"\xff") + littlefs(root, blocks, folder)


class I2cChips:
    """What hangs on an I2C of the chip: address -> `write(register, data)`, `read(register, n)`.

    A transfer takes no time.
    """

    def __init__(self, i2c: Any, chips: dict[int, Any]) -> None:
        self._i2c, self._chips = i2c, chips
        self._chip: Any = None
        self._written = bytearray()
        self._to_read = bytearray()
        i2c.on_start = self._start
        i2c.on_connect = self._connect
        i2c.on_write_byte = self._write
        i2c.on_read_byte = self._read
        i2c.on_stop = self._stop

    def _start(self, _repeated: bool) -> None:
        self._i2c.complete_start()

    def _connect(self, address: int, _mode: Any) -> None:
        self._chip = self._chips.get(address)
        self._i2c.complete_connect(self._chip is not None)

    def _write(self, byte: int) -> None:
        self._written.append(byte)
        self._i2c.complete_write(True)

    def _read(self, _more: bool) -> None:
        if not self._to_read:
            self._to_read = bytearray(self._chip.read(self._written[0], 2))
        self._i2c.complete_read(self._to_read.pop(0))

    def _stop(self) -> None:
        if len(self._written) > 1:
            self._chip.write(self._written[0], bytes(self._written[1:]))
        self._written.clear()
        self._to_read.clear()
        self._i2c.complete_stop()


class ChipTimeConversation(AsyncConversation):
    """A conversation whose repeats and time-outs run in the time of the chip, `clock`."""

    clock: Any

    def _now(self) -> int:
        return int(self.clock.nanos / 1e6) & TICKS_MASK


class EmulatedBoard:
    """See above. buses: what is at UART 0 and UART 1."""

    def __init__(self, uf2: str | Path, *meters: list[Meter]) -> None:
        self._device = MicroPythonDevice(board=BoardSpec(image=uf2))
        self.mcu = self._device.mcu
        PatientUsb(self._device.cdc)
        for pin in self.mcu.gpio:
            pin.set_input_value(True)  # as with pull-ups and lines at rest
        self.buses = [BusAtUart(self.mcu, number, them) for number, them in enumerate(meters)]
        self.console = ("127.0.0.1", 0)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="rp2040", daemon=True)
        self._writer: asyncio.StreamWriter | None = None
        self._waiting = bytearray()  # for the chip's USB, which takes 512 bytes at a time
        self._turn = self.mcu.clock.create_alarm(self._push)

    def __enter__(self) -> "EmulatedBoard":
        self._thread.start()
        self._do(self._device.astart(60))
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._device.stop)
        self._loop.call_soon_threadsafe(self._loop.call_later, 0.1, self._loop.stop)
        self._thread.join(10)

    @property
    def seconds(self) -> float:
        """The emulated time since power-up."""
        return self.mcu.clock.nanos / 1e9

    def rest(self, seconds: float) -> None:
        """Let `seconds` of the chip's time pass."""
        self._do(self._rest(seconds))

    @property
    def busy_s(self) -> float:
        """The time that the processor did not sleep, since it was reset."""
        return self.mcu.core.cycles / CLK_SYS_HZ

    def exec(self, code: str, timeout_s: float = 60) -> str:
        """Run `code` at the prompt; return what it printed. AssertionError when it failed."""
        out, error = self._do(self._device.aexec(code, timeout=timeout_s))
        assert not error, error.decode()
        return out.decode()

    def flash(self, image: bytes) -> None:
        """Put `image` (of `flash_of`) at the end of the flash and reset the chip.

        From here on the console is at `console`, not at `exec`.
        """
        self.console = self._do(self._serve())
        self._do(self._flash(image))

    @contextlib.asynccontextmanager
    async def link(self) -> AsyncIterator[AsyncConversation]:
        """Run the host's end of the link; deadlines are in the chip's time."""
        reader, writer = await asyncio.open_connection(*self.console)
        link = ChipTimeConversation(BOARD, reader, writer, on_console=print)
        link.clock = self.mcu.clock
        running = asyncio.create_task(link.run())
        try:
            yield link
        finally:
            running.cancel()

    async def _rest(self, seconds: float) -> None:
        passed = asyncio.Event()
        self.mcu.clock.create_alarm(passed.set).schedule(seconds * 1e9)
        await passed.wait()

    async def _flash(self, image: bytes) -> None:
        end = 2 << 20
        self.mcu.flash[end - len(image) : end] = image
        self._device.cdc.on_device_connected = None
        self._device.hard_reset()

    async def _serve(self) -> tuple[str, int]:
        self._device.cdc.on_serial_data = self._told
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self._turn.schedule(TURN_NS)
        return server.sockets[0].getsockname()[:2]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        while data := await reader.read(4096):
            self._waiting += data
        if self._writer is writer:
            self._writer = None

    def _told(self, data: bytes) -> None:
        if self._writer is not None:
            self._writer.write(bytes(data))

    def _push(self) -> None:
        room = self._device.cdc.tx_fifo.size - self._device.cdc.tx_fifo.item_count
        for byte in self._waiting[:room]:
            self._device.cdc.send_serial_byte(byte)
        del self._waiting[:room]
        self._turn.schedule(TURN_NS)

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
