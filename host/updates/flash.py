"""The command `python -m host flash --port PORT --board BOARD`: build the firmware, install it."""

import argparse
import sys
import time

from host.updates import boards
from host.updates.build import BuildError, build
from host.updates.install import InstallError, install


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `flash` to `parser`."""
    parser.add_argument(
        "--port", required=True, help="serial port of the board, or tcp://HOST:PORT"
    )
    parser.add_argument("--board", default="twin", help=f"one of {', '.join(boards.names())}")
    parser.add_argument(
        "--force", action="store_true", help="also on a board that says it is another one"
    )


def flash(port: str, board: str, force: bool = False) -> int:
    """Build for `board` and install at `port`, with lines of progress; return an exit status."""
    started = time.monotonic()
    try:
        files = build(board)
        machines = ("",) if force else boards.read(board).machines
        done = install(port, files, lambda line: print(f"  {line}", flush=True), machines)
    except (BuildError, InstallError) as error:
        print(f"flash: {error}", file=sys.stderr)
        return 1
    took_s = time.monotonic() - started
    print(
        f"firmware for {board} in /{done.slot}: {done.sent} files sent, {done.copied} copied on"
        f" the board in {took_s:.1f} s; it starts now"
    )
    return 0


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m host flash", description=__doc__)
    add_arguments(parser)
    args = parser.parse_args(argv)
    return flash(args.port, args.board, args.force)
