"""`python -m tools.plant`: the simulated installation as a program."""

import argparse
import asyncio
import json
import selectors
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from tools.plant import population, profiles
from tools.plant.clock import BAUD_RATES
from tools.plant.plant import Plant

_EPILOG = """\
When it is ready it prints one JSON line: where its ports are, and its meters. It runs until SIGTERM
or Ctrl-C. tools/plant/README.md describes the control port, profiles and population files.

examples:
  python -m tools.plant --meters 20 --bus-port 10001
  python -m tools.plant --meters 250 --time-scale 20 --pty
  python -m tools.plant --population site.json --baud 300
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.plant",
        description="A simulated M-Bus installation: meters on a bus, timed to the bit.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--meters", type=_meters, default=20, metavar="N", help="0 to 250 of all kinds (20)")
    add("--population", type=Path, metavar="FILE", help="the meters of a JSON file instead")
    add("--profiles", type=Path, metavar="DIR", help="more profiles, or others of the same name")
    add("--list-profiles", action="store_true", help="print the kinds of meters and exit")
    add("--segments", type=int, choices=(1, 2, 3), default=1, help="buses side by side (1)")
    add("--host", default="127.0.0.1", help="the address the ports listen on (127.0.0.1)")
    add("--bus-port", type=_port, default=0, metavar="PORT", help="TCP, raw bytes (0: any free)")
    add("--rfc2217-port", type=_port, default=0, metavar="PORT", help="TCP, RFC 2217 (0: any free)")
    add("--control-port", type=_port, default=0, metavar="PORT", help="JSON lines (0: any free)")
    add("--io-port", type=_port, default=0, metavar="PORT", help="inputs, outputs (0: any free)")
    add("--cabinet-port", type=_port, metavar="PORT", help="a page to look at and press keys on")
    add("--pty", action="store_true", help="a pseudo-terminal as well")
    add("--cable", action="store_true", help="a serial cable for a foreign master at the device")
    add("--baud", type=int, choices=BAUD_RATES, default=2400, help="of meters and bus (2400)")
    add("--time-scale", type=_scale, default=1.0, metavar="X", help="run X times faster (1)")
    add("--seed", type=int, default=0, help="another population, noise and delays (0)")
    add("--start", type=_moment, metavar="TIME", help="the meters' time at the start, ISO 8601")
    return parser


def _within(text: str, least: float, most: float, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = most + 1
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{text!r}: {what} {least:g} to {most:g}")
    return number


def _meters(text: str) -> int:
    return int(_within(text, 0, population.MOST_METERS, "meters"))


def _port(text: str) -> int:
    return int(_within(text, 0, 65_535, "a port is"))


def _scale(text: str) -> float:
    return _within(text, 0.01, 1000, "a time scale is")


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _list(kinds: dict[str, profiles.Profile]) -> None:
    for name, kind in kinds.items():
        count = f"{len(kind.records())} records in {len(kind.telegrams)}"
        print(f"{name:22} {kind.manufacturer} {kind.version:3} medium {kind.medium:3}  {count}")
        print(f"{'':22} {kind.title}")


def _precise_loop() -> asyncio.AbstractEventLoop:
    """Return a loop that wakes within microseconds: by epoll a byte is up to 1 ms late."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


async def _run(plant: Plant, options: argparse.Namespace) -> None:
    await plant.start(
        options.bus_port,
        options.rfc2217_port,
        options.control_port,
        options.pty,
        options.host,
        options.io_port,
        options.cabinet_port,
        options.cable,
    )
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    print(json.dumps(plant.ready()), flush=True)
    await stopped.wait()
    await plant.stop()


def main(arguments: list[str] | None = None) -> int:
    """Run the plant until it is stopped; return the exit status, 2 for a wrong use."""
    options = _parser().parse_args(arguments)
    try:
        kinds = profiles.load()
        if options.profiles is not None:
            kinds |= profiles.load(options.profiles)
        if options.list_profiles:
            _list(kinds)
            return 0
        if options.population is not None:
            meters = population.from_file(
                options.population, kinds, options.baud, options.seed, options.segments
            )
        else:
            meters = population.demo(
                kinds, options.meters, options.baud, options.seed, options.segments
            )
        plant = Plant(
            meters,
            options.baud,
            options.time_scale,
            options.seed,
            options.start,
            options.segments,
        )
        with asyncio.Runner(loop_factory=_precise_loop) as runner:
            runner.run(_run(plant, options))
    except (OSError, ValueError) as error:
        print(f"plant: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
