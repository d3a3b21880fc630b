"""`python -m host COMMAND`: the command line of the host; `COMMAND --help` tells more."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shared.errors import BadSetting, MbuslinkError

BAUDS = (300, 600, 1200, 2400, 4800, 9600)
ADDRESS_HELP = "primary address 0-250, or secondary: 8 or 16 hex digits as on the meter's plate"
DEFAULT_DATA = Path("data")
USAGE = """\
examples:
  python -m host run --port /dev/ttyACM0            read, store, serve the web page
  python -m host scan --secondary                   find the meters on the bus
  python -m host add 1 2 3 20000001                 register meters
  python -m host read 17                            one meter, now
  python -m host export --out csv --from 2026-01-01
"""

Command = Callable[[argparse.Namespace], int]


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    whole = argparse.ArgumentParser(
        prog="python -m host",
        description="mbuslink's host: reads M-Bus meters through a board, stores and shows them.",
        epilog=USAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (add_options, _, text) in COMMANDS.items():
        description = text[0].upper() + text[1:] + "."
        add_options(commands.add_parser(name, help=text, description=description))
    return whole


def _data(options: argparse.ArgumentParser) -> None:
    options.add_argument(
        "--data",
        type=Path,
        default=DEFAULT_DATA,
        metavar="DIR",
        help="the data folder (default: data)",
    )


def _serving(options: argparse.ArgumentParser) -> None:
    _data(options)
    options.add_argument(
        "--port",
        required=True,
        metavar="PORT",
        help="port of the board: a path such as /dev/ttyACM0, or tcp://HOST:PORT",
    )
    options.add_argument(
        "--cycle",
        type=int,
        metavar="S",
        help="seconds from readout to readout, 10 to 172800 (default: as stored, 900 at first)",
    )
    options.add_argument("--verbose", action="store_true", help="log more")


def _run_options(options: argparse.ArgumentParser) -> None:
    _serving(options)
    options.add_argument(
        "--web-port",
        type=int,
        default=8080,
        metavar="N",
        help="port of the web page on 127.0.0.1, 0 for any (default: 8080)",
    )
    options.add_argument(
        "--site", default="", metavar="NAME", help="name of the site, shown on the web page"
    )


def _add_options(options: argparse.ArgumentParser) -> None:
    _data(options)
    add = options.add_argument
    add("addresses", nargs="+", metavar="ADDRESS", help=ADDRESS_HELP)
    add("--baud", type=int, choices=BAUDS, help="rate of these meters (default: 2400)")
    add("--cycle", type=int, metavar="S", help="their own readout cycle in seconds")
    add("--segment", type=int, choices=(1, 2, 3), help="output of the board (default: 1)")
    add("--name", help="what they are called")
    add("--site", help="where they are")


def _cycle(text: str) -> int:
    """Return the cycle in seconds that `text` means: a number, or "continuous" for no pause."""
    return 0 if text == "continuous" else int(text)


def _or_none(word: str) -> Callable[[str], int | None]:
    """Return the reader of a number that may be `word` for None."""

    def read(text: str) -> int | None:
        return None if text == word else _cycle(text) if word == "common" else int(text)

    read.__name__ = f"number or {word}"  # argparse names it when it complains
    return read


def _change_options(options: argparse.ArgumentParser) -> None:
    _data(options)
    options.add_argument("addresses", nargs="+", metavar="ADDRESS", help=ADDRESS_HELP)
    unchanged = argparse.SUPPRESS

    def add(name: str, dest: str, **more: Any) -> None:
        options.add_argument(name, dest=f"change_{dest}", default=unchanged, **more)

    text = "own cycle in seconds, continuous, or common"
    add("--cycle", "cycle_s", type=_or_none("common"), metavar="S", help=text)
    text = "battery: at most N readings a day, or off"
    add("--battery", "per_day", type=_or_none("off"), metavar="N", help=text)
    add("--nke", "snd_nke", action="store_true", help="send SND_NKE first")
    add("--no-nke", "snd_nke", action="store_false", help="send no SND_NKE first")
    text = "send an application reset with this sub-code (0-255, -1: none) first, or off"
    add("--application-reset", "application_reset", type=_or_none("off"), metavar="CODE", help=text)
    add("--baud", "baud", type=int, choices=BAUDS, help="rate")
    add("--segment", "segment", type=int, choices=(1, 2, 3), help="output of the board")
    add("--settle", "settle_ms", type=int, metavar="MS", help="pause after the resets")
    add("--retries", "retries", type=int, metavar="N", help="of each request")
    add("--name", "name", help="what it is called")
    add("--site", "site", help="where it is")
    text = "yes, it is another meter now"
    add("--confirm", "changed_from", action="store_const", const=None, help=text)


def _delete_options(options: argparse.ArgumentParser) -> None:
    _data(options)
    options.add_argument("addresses", nargs="+", metavar="ADDRESS", help=ADDRESS_HELP)


def _cycle_options(options: argparse.ArgumentParser) -> None:
    _data(options)
    text = "seconds from readout to readout, 10 to 172800, or continuous"
    options.add_argument("cycle", type=_cycle, metavar="S", help=text)


def _dates_options(options: argparse.ArgumentParser) -> None:
    _data(options)
    options.formatter_class = argparse.RawDescriptionHelpFormatter
    options.epilog = """\
  dates                      list them
  dates add DAY [MONTH [HOUR]]   of every month without MONTH (or 0), at HOUR (default 0)
  dates last [HOUR]          the last day of every month
  dates remove N             the Nth of the list
"""
    what = ("list", "add", "last", "remove")
    options.add_argument("what", nargs="?", default="list", choices=what)
    options.add_argument("numbers", nargs="*", type=int, metavar="N", help="see below")
    text = "time zone of the dates, such as Europe/Zurich (default: as stored, UTC at first)"
    options.add_argument("--zone", metavar="NAME", help=text)


def _read_options(options: argparse.ArgumentParser) -> None:
    _data(options)
    add = options.add_argument
    add("address", metavar="ADDRESS", help=ADDRESS_HELP)
    add("--port", metavar="PORT", help="port of the board, used while no core runs")
    add("--baud", type=int, choices=BAUDS, help="rate (default: the meter's, else 2400)")
    add("--json", action="store_true", help="one JSON object a telegram")
    add("--no-nke", action="store_true", help="send no SND_NKE first")
    add(
        "--application-reset",
        type=int,
        metavar="CODE",
        help="send an application reset with this sub-code (0-255, -1: none) first",
    )
    options.epilog = "Exit status: 0 read, 1 not read (the reason is told), 2 wrong use."


def _state_options(options: argparse.ArgumentParser) -> None:
    _data(options)
    options.add_argument("--json", action="store_true", help="one JSON object")


def _export_options(options: argparse.ArgumentParser) -> None:
    _data(options)
    add = options.add_argument
    add("--out", type=Path, required=True, metavar="DIR", help="folder for the files")
    add("--from", dest="since", metavar="DATE", help="first day or moment, UTC (2026-01-31T12:00)")
    add("--to", dest="until", metavar="DATE", help="last day, or moment that is no longer in it")
    add("--meters", nargs="+", metavar="ADDRESS", help="these meters only")
    add("--separator", default=";", metavar="C", help="; or , or tab (default: ;)")
    add(
        "--language",
        default="en",
        choices=("de", "en", "fr"),
        help="of the values' names (default: en)",
    )


def _settings_options(options: argparse.ArgumentParser) -> None:
    _data(options)
    add = options.add_argument
    add("changes", nargs="*", metavar="NAME=VALUE", help="change these, all or none")
    add("--port", metavar="PORT", help="port of the board, used while no core runs")
    add("--json", action="store_true", help="one JSON object")


def _converter_options(options: argparse.ArgumentParser) -> None:
    _data(options)
    add = options.add_argument
    add("what", choices=("on", "off", "state"))
    add("--port", metavar="PORT", help="port of the board, used while no core runs")
    add("--json", action="store_true", help="one JSON object")


def _restart_options(options: argparse.ArgumentParser) -> None:
    _data(options)
    text = "port of the board, used while no core runs"
    options.add_argument("--port", metavar="PORT", help=text)


def _scan_options(options: argparse.ArgumentParser) -> None:
    from host.commands import scanning

    _data(options)
    scanning.add_arguments(options, BAUDS)


def _flash_options(options: argparse.ArgumentParser) -> None:
    from host.updates import flash

    flash.add_arguments(options)


def _run(options: argparse.Namespace) -> int:
    from host import assemble

    return assemble.run_host(
        options.data,
        options.port,
        options.web_port,
        options.cycle,
        site=options.site,
        verbose=options.verbose,
    )


def _core(options: argparse.Namespace) -> int:
    from host import assemble

    return assemble.run_core(options.data, options.port, options.cycle, verbose=options.verbose)


def _add(options: argparse.Namespace) -> int:
    from host.commands import adding

    return asyncio.run(
        adding.add(
            options.data,
            options.addresses,
            baud=options.baud,
            cycle_s=options.cycle,
            segment=options.segment,
            name=options.name,
            site=options.site,
        )
    )


def _change(options: argparse.Namespace) -> int:
    from host.commands import changing

    given: dict[str, Any] = vars(options)
    prefix = "change_"
    changes = {
        name.removeprefix(prefix): value for name, value in given.items() if name.startswith(prefix)
    }
    return asyncio.run(changing.change(options.data, options.addresses, changes))


def _delete(options: argparse.Namespace) -> int:
    from host.commands import changing

    return asyncio.run(changing.delete(options.data, options.addresses))


def _keep_cycle(options: argparse.Namespace) -> int:
    from host.commands import changing

    return asyncio.run(changing.cycle(options.data, options.cycle))


def _dates(options: argparse.Namespace) -> int:
    from host.commands import dating

    return asyncio.run(dating.dates(options.data, options.what, options.numbers, options.zone))


def _read(options: argparse.Namespace) -> int:
    from host.commands import reading

    return asyncio.run(
        reading.read(
            options.data,
            options.address,
            port=options.port,
            baud=options.baud,
            snd_nke=not options.no_nke,
            application_reset=options.application_reset,
            as_json=options.json,
        )
    )


def _state(options: argparse.Namespace) -> int:
    from host.commands import telling

    return asyncio.run(telling.state(options.data, as_json=options.json))


def _export(options: argparse.Namespace) -> int:
    from host.commands import exporting
    from host.export.csv_standard import Format

    return exporting.export(
        options.data,
        options.out,
        addresses=options.meters,
        since=moment(options.since) if options.since else None,
        until=moment(options.until, end=True) if options.until else None,
        form=Format("\t" if options.separator == "tab" else options.separator, options.language),
    )


def _settings(options: argparse.Namespace) -> int:
    from host.commands import board_settings

    return asyncio.run(
        board_settings.settings(
            options.data, options.changes, port=options.port, as_json=options.json
        )
    )


def _converter(options: argparse.Namespace) -> int:
    from host.commands import converting

    return asyncio.run(
        converting.converter(options.data, options.what, port=options.port, as_json=options.json)
    )


def _restart(options: argparse.Namespace) -> int:
    from host.commands import restarting

    return asyncio.run(restarting.restart(options.data, port=options.port))


def _scan(options: argparse.Namespace) -> int:
    from host.commands import scanning

    return asyncio.run(scanning.scan(options))


def _flash(options: argparse.Namespace) -> int:
    from host.updates import flash

    return flash.flash(options.port, options.board, options.force)


def moment(text: str, *, end: bool = False) -> datetime:
    """Return the moment that `text` (ISO 8601, UTC unless it says otherwise) means.

    end: a day alone means its end. Raises `BadSetting`.
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise BadSetting(f"{text}: no date; write 2026-01-31 or 2026-01-31T12:00") from None
    if end and len(text) <= len("2026-01-31"):
        parsed += timedelta(days=1)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


COMMANDS: dict[str, tuple[Callable[[argparse.ArgumentParser], None], Command, str]] = {
    "run": (_run_options, _run, "run the host: read the meters, store, serve the web page"),
    "core": (_serving, _core, "run the core process alone, without web page and supervisor"),
    "add": (_add_options, _add, "register meters, on the bus already or not"),
    "change": (_change_options, _change, "change how meters are read"),
    "delete": (_delete_options, _delete, "delete meters and their readings"),
    "cycle": (_cycle_options, _keep_cycle, "set the common readout cycle"),
    "dates": (_dates_options, _dates, "show or change the reading dates (billing days)"),
    "read": (_read_options, _read, "read one meter now and print what it says"),
    "scan": (_scan_options, _scan, "find the meters on the bus, through the board"),
    "state": (_state_options, _state, "show how the board and the meters are"),
    "export": (_export_options, _export, "write the readings as CSV, one file a meter"),
    "settings": (_settings_options, _settings, "show or change what the board keeps by itself"),
    "converter": (
        _converter_options,
        _converter,
        "hand the M-Bus to another master, or back",
    ),
    "restart": (_restart_options, _restart, "restart the board; what it holds is kept"),
    "flash": (_flash_options, _flash, "build the firmware and install it on a board"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    options = parser().parse_args(arguments)
    try:
        return COMMANDS[options.command][1](options)
    except MbuslinkError as error:
        print(f"mbuslink: {error}", file=sys.stderr)
        return 2 if error.key in ("bad_address", "bad_setting", "misuse") else 1
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
