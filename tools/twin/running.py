"""A board twin for a while: `with running_twin(bus=...) as twin`. Real MicroPython, real firmware.

The firmware is installed once per process, by mpremote as on a board; further twins start from
copies of its images, in about 0.1 s.
"""

import contextlib
import functools
import json
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

from host.updates.build import build
from host.updates.install import install
from tools.twin.supervisor import ROM_KB

ROOT = Path(__file__).resolve().parents[2]
NO_BUS = "tcp://127.0.0.1:1"  # nothing listens there


class TwinProcess:
    """A running twin.

    port        path of its serial port; serial_tcp: (host, port) with the same bytes
    directory   where its flash and sockets are
    """

    def __init__(
        self,
        directory: Path,
        bus: str,
        time_scale: int = 1,
        io: str = "",
        lan: bool = False,
        rom_kb: int = ROM_KB,
        serial_door: str = "",
    ) -> None:
        command = [sys.executable, "-m", "tools.twin", "--dir", str(directory), "--bus", bus]
        command += ["--time-scale", str(time_scale), "--serial-tcp", "0"]
        command += ["--rom-kb", str(rom_kb)]
        if io:
            command += ["--io", io]
        if serial_door:
            command += ["--serial-door", serial_door]
        if lan:
            command += ["--web-port", "0", "--converter-port", "0", "--rfc2217-port", "0"]
        self.directory = directory
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(self.process.communicate()[1])
        ready = json.loads(line)
        self.port: str = ready["port"]
        self.web: str = f"http://{ready['web']}"  # these three with `lan`
        self.converter: str = f"socket://{ready['converter']}"
        self.rfc2217: str = f"rfc2217://{ready['rfc2217']}"
        host, _, number = ready["serial_tcp"].removeprefix("tcp://").rpartition(":")
        self.serial_tcp: tuple[str, int] = (host, int(number))

    def control(self, do: str) -> dict[str, Any]:
        """Do what a hand does to a board: unplug, replug, reset, kill, state."""
        with socket.socket(socket.AF_UNIX) as control, control.makefile("rw") as lines:
            control.connect(str(self.directory / "control.sock"))
            lines.write(json.dumps({"do": do}) + "\n")
            lines.flush()
            return json.loads(lines.readline())

    def mpremote(self, *words: str, timeout: float = 30) -> str:
        """Run `mpremote connect PORT words...`; return what it printed.

        Raises CalledProcessError, with what it said as a note, when it fails.
        """
        command = [sys.executable, "-m", "mpremote", "connect", self.port, *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
        try:
            done.check_returncode()
        except subprocess.CalledProcessError as error:
            error.add_note(f"{done.stdout}\n{done.stderr}")
            raise
        return done.stdout

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


@contextlib.contextmanager
def running_twin(
    bus: str = NO_BUS,
    time_scale: int = 1,
    firmware: bool = True,
    directory: Path | None = None,
    io: str = "",
    lan: bool = False,
    rom_kb: int = ROM_KB,
    serial_door: str = "",
) -> Generator[TwinProcess]:
    """Run a twin in `directory` (one of its own without it), with our firmware or empty."""
    place = directory or Path(tempfile.mkdtemp(prefix="twin"))
    if firmware and not (place / "flash.img").exists():
        for name, content in images_with_firmware(rom_kb).items():
            (place / name).write_bytes(content)
    twin = TwinProcess(place, bus, time_scale, io, lan, rom_kb, serial_door)
    try:
        yield twin
    finally:
        twin.stop()
        if directory is None:
            shutil.rmtree(place)


@functools.cache
def images_with_firmware(rom_kb: int = ROM_KB) -> dict[str, bytes]:
    """Return the images (name -> bytes) of a twin that has the firmware of these sources."""
    with tempfile.TemporaryDirectory(prefix="twin") as name:
        with running_twin(firmware=False, directory=Path(name), rom_kb=rom_kb) as twin:
            install(twin.port, build("twin"), lambda line: None)
        return {file.name: file.read_bytes() for file in Path(name).glob("*.img")}
