"""The command `python -m host flash --port PORT --board BOARD`: build the firmware, install it."""

import argparse
import sys
import time

from host.updates.build import BuildError, boards, build
from host.updates.install import InstallError, install


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `flash` to `parser`."""
    parser.add_argument(
        "--port", required=True, help="serial port of the board, or tcp://HOST:PORT"
    )
    parser.add_argument("--board", default="twin", help=f"one of {', '.join(boards())}")


def flash(port: str, board: str) -> int:
    """Build for `board` and install at `port`, with lines of progress; return an exit status."""
    started = time.monotonic()
    try:
        sent = install(port, build(board), lambda line: print(f"  {line}", flush=True))
    except (BuildError, InstallError) as error:
        print(f"flash: {error}", file=sys.stderr)
        return 1
    print(f"firmware for {board}: {sent} files sent in {time.monotonic() - started:.1f} s")
    return 0


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m host flash", description=__doc__)
    add_arguments(parser)
    args = parser.parse_args(argv)
    return flash(args.port, args.board)
