"""`python -m tools.bench NAME`: figures beside named peers, each from one run on this machine."""

import argparse
import importlib
import sys

COMMANDS = {  # name, which is its module's too -> what it measures
    "chart": "a year's chart: on the server, and drawn in Chromium",
    "decode": "telegrams per second beside pyMeterBus, and on MicroPython",
    "export": "exports of a month beside csv.writer and zipfile; memory of a year",
    "heap": "free memory of the board with everything running; seconds from power to ready",
    "journal": "three days of readings in flash: bytes, time, wear, beside zlib",
    "fuzz": "mutated telegrams: errors and the slowest decode",
    "scan": "probes and seconds of a search by secondary address, beside libmbus's order",
    "web": "pages, live connections and the core's loop with 250 meters on the bus",
    "store": "readings in the database: bytes, writes, time, beside a row a value",
    "readout": "meters read beside the floor of the wire, and beside pyMeterBus",
}


def main(argv=None):
    argv = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    commands = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text)
        if name in argv[:1]:  # the others' libraries stay out of this one's memory, time and log
            module = importlib.import_module(f"tools.bench.{name}")
            command.description = module.__doc__
            module.options(command)
            command.set_defaults(run=module.run)
    chosen = parser.parse_args(argv)
    return chosen.run(chosen)


if __name__ == "__main__":
    sys.exit(main())
