"""`python -m tools.bench NAME`: figures beside named peers, each from one run on this machine."""

import argparse
import sys

from tools.bench import decode, export, fuzz, heap, journal, readout, scan, store

COMMANDS = (  # name, module, what it measures
    ("decode", decode, "telegrams per second beside pyMeterBus, and on MicroPython"),
    ("export", export, "exports of a month beside csv.writer and zipfile; memory of a year"),
    ("heap", heap, "free memory of the board with everything running; seconds from power to ready"),
    ("journal", journal, "three days of readings in flash: bytes, time, wear, beside zlib"),
    ("fuzz", fuzz, "mutated telegrams: errors and the slowest decode"),
    ("scan", scan, "probes and seconds of a search by secondary address, beside libmbus's order"),
    ("store", store, "readings in the database: bytes, writes, time, beside a row a value"),
    ("readout", readout, "meters read beside the floor of the wire, and beside pyMeterBus"),
)


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    commands = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    for name, module, text in COMMANDS:
        command = commands.add_parser(name, help=text, description=module.__doc__)
        module.options(command)
        command.set_defaults(run=module.run)
    chosen = parser.parse_args(argv)
    return chosen.run(chosen)


if __name__ == "__main__":
    sys.exit(main())
