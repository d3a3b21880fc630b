"""The whole installation on one computer: plant, board twin, firmware, host; what tools/demo runs.

Nothing is faked here but hardware: the plant stands for the M-Bus and its meters, the twin for the
board. The firmware is installed with mpremote, the host is started as an installer would start it.
"""

import argparse
import asyncio
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from host.core import client
from host.settings.accounts import FIRST_NAME, FIRST_PASSWORD
from host.settings.site import system_zone
from host.store import accounts, database, meters
from host.store.meters import Meter
from host.store.passwords import fits
from shared.errors import MbuslinkError
from tools import prepare
from tools.children import Child
from tools.environment import ROOT, SetupError, Step

USAGE = """\
examples:
  tools/demo                               everything, until Ctrl-C
  tools/demo --once --out /tmp/readings    read all meters once, write the CSV files, end
  tools/demo --bus tcp://192.168.1.9:10001 --addresses 1-5,20000001
                                           real meters behind a serial converter
"""


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tools/demo",
        description="Show all of mbuslink at work on this computer.",
        epilog=USAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--once", action="store_true", help="read all meters once, print the overview, end")
    add("--out", type=Path, metavar="DIR", help="with --once: the folder for the CSV files")
    add("--meters", type=int, default=20, metavar="N", help="simulated meters, 1-250 (20)")
    add("--bus", metavar="URL", help="tcp://HOST:PORT or rfc2217://HOST:PORT instead of the plant")
    add("--addresses", metavar="A,...", help="with --bus: the meters there, such as 1-5,12345678")
    add("--baud", type=int, default=2400, metavar="N", help="baud rate of the bus (2400)")
    add("--web-port", type=int, default=8080, metavar="N", help="the web page's port (8080)")
    add("--time-scale", type=int, default=1, metavar="N", help="bus and board run N times faster")
    add("--dir", type=Path, default=ROOT / ".demo", metavar="DIR", help="where it keeps its data")
    options = parser.parse_args(arguments)
    if options.out and not options.once:
        parser.error("--out needs --once (while the demo runs, the web page offers the CSV)")
    if options.bus and not options.addresses:
        parser.error("--bus needs --addresses: which meters are there? Such as --addresses 1-5")
    if options.addresses and not options.bus:
        parser.error("--addresses needs --bus; the plant's meters are chosen by --meters")
    if not 1 <= options.meters <= 250:
        parser.error(f"--meters {options.meters}: an M-Bus has 1 to 250 meters")
    return options


def expand(addresses: str) -> list[str]:
    """Return the single addresses of a list such as "1-3,12345678": ["1", "2", "3", "12345678"].

    Raises SetupError naming the part that is no address; the host checks the rest.
    """
    found: list[str] = []
    for part in addresses.split(","):
        first, dash, last = part.strip().partition("-")
        if not dash:
            found.append(first)
        elif first.isdigit() and last.isdigit() and 0 <= int(first) <= int(last) <= 250:
            found += [str(number) for number in range(int(first), int(last) + 1)]
        else:
            raise SetupError(f"--addresses: {part!r} is not a range of primary addresses 0-250")
    return found


class Installation:
    """The children in the order of their start, and what the next ones need to know of them."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.folder: Path = options.dir.resolve()
        self.data = self.folder / "host"
        self.began = datetime.now(UTC)
        self.meters: dict[str, str] = {}  # address -> name
        self.children: list[Child] = []
        self.notes: list[str] = []

    def start(self) -> None:
        """Start everything. Raises SetupError when a part does not start."""
        prepare.everything()
        bus, cabinet = self.options.bus, ()
        if bus:
            self.meters = dict.fromkeys(expand(self.options.addresses), "")
        else:
            ready = self._start_plant()
            bus, cabinet = ready["bus"], ("--io", ready["io"])
        self._start_host(self._start_board(bus, *cabinet))
        with Step(f"Registering {len(self.meters)} meters"):
            asyncio.run(self._register())

    def _child(self, name: str, *arguments: object) -> dict[str, Any]:
        log = self.folder / "log" / f"{name.split()[-1]}.log"
        child = Child(name, [str(argument) for argument in arguments], log)
        self.children.append(child)
        with Step(f"Starting {name}"):
            return child.start()

    def _start_plant(self) -> dict[str, Any]:
        options = self.options
        ready = self._child(
            "the plant",
            *("-m", "tools.plant", "--meters", options.meters, "--baud", options.baud),
            *("--time-scale", options.time_scale, "--cabinet-port", 0),
        )
        self.notes.append(f"Cabinet: LCD, keys   {ready['cabinet']}")
        self.notes.append(f"M-Bus of the plant   {ready['bus']} (control {ready['control']})")
        self.meters = named(ready["meters"])
        return ready

    def _start_board(self, bus: str, *wiring: str) -> str:
        """Start the board on the M-Bus at `bus`, with `wiring`; return its port."""
        ready = self._child(
            "the board twin",
            *("-m", "tools.twin", "--dir", self.folder / "board", "--bus", bus),
            *("--time-scale", self.options.time_scale, "--web-port", 0, *wiring),
        )
        self.notes.append(f"Board's own page     http://{ready['web']}/ (PIN on its display)")
        port = str(ready["port"])
        self.notes.append(f"Serial port of board {port} (mpremote connect {port})")
        with Step("Installing the firmware with mpremote"):
            prepare.run_module("host", "flash", "--port", port, "--board", "twin")
        return port

    def _start_host(self, port: str) -> None:
        if not database.database_path(self.data).exists():
            here = f"site.zone={system_zone()}"
            prepare.run_module("host", "config", "--data", str(self.data), here)
        ready = self._child(
            "the host",
            *("-m", "host", "run", "--data", self.data, "--port", port),
            *("--web-port", self.options.web_port),
        )
        self.notes.insert(0, f"Web page             {ready['web']}")
        self.notes.insert(1, f"                     {self._how_to_sign_in()}")
        data = self.data.relative_to(ROOT) if self.data.is_relative_to(ROOT) else self.data
        self.notes.append(f"Read one meter       .venv/bin/python -m host read 1 --data {data}")

    def _how_to_sign_in(self) -> str:
        """Return who may sign in: the first user, as long as its password is the manual's."""
        with database.reading(database.existing(self.data)) as session:
            first = accounts.by_name(session, FIRST_NAME)
        if first is not None and first.must_change and fits(first.password, FIRST_PASSWORD):
            return f"user {FIRST_NAME}, password {FIRST_PASSWORD}; then choose one of your own"
        data = self.data.relative_to(ROOT) if self.data.is_relative_to(ROOT) else self.data
        return f"forgotten: .venv/bin/python -m host user reset {FIRST_NAME} --data {data}"

    async def _register(self) -> None:
        async with client.connect(self.data) as core:
            if core is None:
                raise SetupError("the host is up but its core does not answer; see its log")
            for address, name in self.meters.items():
                await core.call(
                    "meters.add", addresses=[address], name=name, baud=self.options.baud
                )

    def read_all(self) -> int:
        """Wait until the host has asked every meter once; return how many could not be read.

        The host begins by itself. Prints progress; raises SetupError when a child ends.
        """
        shown = -1
        open_session = database.open_reader(database.existing(self.data))
        while True:
            with open_session() as session:
                asked = [meter for meter in meters.all(session) if self._was_asked(meter)]
            if len(asked) != shown:
                shown = len(asked)
                print(f"  {shown} of {len(self.meters)} meters read", flush=True)
            if shown == len(self.meters):
                return sum(meter.state == "error" for meter in asked)
            if trouble := self.ended():
                raise SetupError(trouble)
            time.sleep(0.25)

    def _was_asked(self, meter: Meter) -> bool:
        """Say whether `meter` is one of ours and was asked since we began."""
        asked_at = meter.last_attempt_at
        return meter.address in self.meters and asked_at is not None and asked_at >= self.began

    def ended(self) -> str | None:
        """Name a child that has ended by itself, with its log; None while all run."""
        for child in self.children:
            if (status := child.ended()) is not None:
                return f"{child.name} ended with status {status}; its log: {child.log}"
        return None

    def stop(self) -> None:
        with Step("Stopping everything"):
            for child in reversed(self.children):
                child.stop()


def named(population: list[dict[str, Any]]) -> dict[str, str]:
    """Return address -> name of a plant's meters: "Heat 1", "Water 1", "Heat 2" and so on.

    The address is the primary one where the meter has one, else the secondary.
    """
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for meter in population:
        kind = meter["profile"].replace("_", " ").capitalize()
        counts[kind] += 1
        names[str(meter["primary"] or meter["secondary"])] = f"{kind} {counts[kind]}"
    return names


def run(options: argparse.Namespace) -> int:
    """Start everything, read all meters, and go on as the options say. Return the exit status."""
    installation = Installation(options)
    try:
        installation.start()
        with Step("Reading all meters"):
            failed = installation.read_all()
        host(installation, "state")
        if options.out:
            host(installation, "export", "--out", str(options.out))
        if options.once:
            return 1 if failed else 0
        print("\n" + "\n".join(installation.notes) + "\n\nCtrl-C stops everything.", flush=True)
        return wait(installation)
    except (SetupError, MbuslinkError) as error:
        print(f"tools/demo: {error}", file=sys.stderr)
        return 1
    finally:
        installation.stop()


def host(installation: Installation, command: str, *arguments: str) -> None:
    """Run `python -m host COMMAND` on the demo's data, as a person would."""
    line = [sys.executable, "-m", "host", command, "--data", str(installation.data), *arguments]
    if subprocess.run(line, cwd=ROOT).returncode:
        raise SetupError(f"python -m host {command} failed")


def wait(installation: Installation) -> int:
    """Return when a child has ended by itself."""
    while not (trouble := installation.ended()):
        time.sleep(0.5)
    print(f"tools/demo: {trouble}", file=sys.stderr)
    return 1


def _interrupt(number: int, _frame: object) -> None:
    raise KeyboardInterrupt(number)


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    options = parse(arguments)
    try:
        return run(options)
    except KeyboardInterrupt as interrupt:
        return 128 + (interrupt.args[0] if interrupt.args else signal.SIGINT)
