"""`python -m host COMMAND`: the command line of the host; `COMMAND --help` tells more.

What each command takes is told in `host.commands.syntax`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from typing import Any

from host.commands import syntax
from shared.errors import MbuslinkError

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


def _run(options: argparse.Namespace) -> int:
    from host import assemble

    return assemble.run_host(
        options.data,
        options.port,
        options.web_port,
        options.cycle,
        web_host=options.web_host,
        web_names=options.web_name,
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

    return asyncio.run(changing.delete(options.data, options.addresses, undo=options.undo))


def _keep_cycle(options: argparse.Namespace) -> int:
    from host.commands import changing

    return asyncio.run(changing.cycle(options.data, options.cycle))


def _dates(options: argparse.Namespace) -> int:
    from host.commands import dating

    return asyncio.run(dating.dates(options.data, options.what, options.numbers, options.zone))


def _config(options: argparse.Namespace) -> int:
    from host.commands import configuring

    if options.save is not None:
        return configuring.save(options.data, options.save)
    work = configuring.configure(
        options.data, options.given, load=options.load, as_json=options.json
    )
    return asyncio.run(work)


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
    from host.commands import export_options, exporting

    wanted = export_options.wanted(
        options,
        since=syntax.moment(options.since) if options.since else None,
        until=syntax.moment(options.until, end=True) if options.until else None,
    )
    if options.background:
        return asyncio.run(exporting.begin(options.data, wanted))
    return exporting.export(
        options.data, options.out, wanted, whole=options.zip, lines=options.progress_lines
    )


def _history(options: argparse.Namespace) -> int:
    from host.commands import history

    if options.values:
        return history.values(options.data, options.address)
    return history.history(
        options.data,
        options.address,
        value=options.value,
        period=options.by,
        since=syntax.moment(options.since) if options.since else None,
        until=syntax.moment(options.until, end=True) if options.until else None,
        form=options.form,
    )


def _exports(options: argparse.Namespace) -> int:
    from host.commands import exporting

    return asyncio.run(exporting.exports(options.data, options.what, options.number))


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


def _check(options: argparse.Namespace) -> int:
    from host.commands import keeping

    return keeping.check(options.data, options.file, as_json=options.json)


def _backup(options: argparse.Namespace) -> int:
    from host.commands import keeping

    return keeping.backup(options.data, options.file)


def _restore(options: argparse.Namespace) -> int:
    from host.commands import keeping

    return keeping.restore(options.data, options.file)


def _move(options: argparse.Namespace) -> int:
    from host.commands import keeping

    return keeping.move(options.data, options.to)


def _bi(options: argparse.Namespace) -> int:
    from host.commands import bi

    return bi.run(options.data, options.what, again=options.again, background=options.background)


def _retention(options: argparse.Namespace) -> int:
    from host.commands import keeping

    return asyncio.run(keeping.retention(options.data, options.days))


def _user(options: argparse.Namespace) -> int:
    from host.commands import users

    return asyncio.run(
        users.user(
            options.data,
            options.what,
            options.name,
            role=options.role,
            make=options.make,
            as_json=options.json,
        )
    )


def _token(options: argparse.Namespace) -> int:
    from host.commands import tokens

    return asyncio.run(
        tokens.token(
            options.data,
            options.what,
            options.user,
            options.name,
            read_only=options.read_only,
            days=options.days,
            as_json=options.json,
        )
    )


def _redecode(options: argparse.Namespace) -> int:
    from host.commands import redecoding

    return asyncio.run(
        redecoding.redecode(
            options.data,
            start_over=options.start_over,
            as_json=options.json,
            for_core=options.for_core,
        )
    )


def _value(options: argparse.Namespace) -> int:
    from host.commands import values

    work = values.value(
        options.data, options.address, options.number, options.given, as_json=options.json
    )
    return asyncio.run(work)


def _template(options: argparse.Namespace) -> int:
    from host.commands import templates

    return templates.run(
        options.data, options.what, options.which, options.name, replace=options.replace
    )


def _messages(options: argparse.Namespace) -> int:
    from host.commands import messages

    if options.clear or options.restore:
        return asyncio.run(messages.change(options.data, clear=options.clear))
    return messages.show(
        options.data, options.number, options.type, options.limit, as_json=options.json
    )


def _network(options: argparse.Namespace) -> int:
    from host.commands import networking

    work = networking.network(options.data, options.what, options.given, as_json=options.json)
    return asyncio.run(work)


def _time(options: argparse.Namespace) -> int:
    from host.commands import timing

    work = timing.clock(options.data, options.what, options.given, as_json=options.json)
    return asyncio.run(work)


def _flash(options: argparse.Namespace) -> int:
    from host.updates import flash

    return flash.flash(options.port, options.board, options.force)


COMMANDS: dict[str, tuple[Callable[[argparse.ArgumentParser], None], Command, str]] = {
    "run": (syntax.run, _run, "run the host: read the meters, store, serve the web page"),
    "core": (syntax.core, _core, "run the core process alone, without web page and supervisor"),
    "add": (syntax.add, _add, "register meters, on the bus already or not"),
    "change": (syntax.change, _change, "change how meters are read"),
    "delete": (syntax.delete, _delete, "delete meters and their readings"),
    "config": (syntax.config, _config, "list or change what can be set of the host"),
    "cycle": (syntax.cycle, _keep_cycle, "set the common readout cycle"),
    "dates": (syntax.dates, _dates, "show or change the reading dates (billing days)"),
    "read": (syntax.read, _read, "read one meter now and print what it says"),
    "scan": (syntax.scan, _scan, "find the meters on the bus, through the board"),
    "state": (syntax.state, _state, "show how the board and the meters are"),
    "export": (syntax.export, _export, "write the readings as CSV, JSON or XLSX, one file a meter"),
    "exports": (syntax.exports, _exports, "show, stop or delete exports that the host makes"),
    "history": (syntax.history, _history, "show what a meter's value gained, or how it moved"),
    "check": (syntax.check, _check, "check the database and every reading in it"),
    "backup": (syntax.backup, _backup, "copy the database to a file, while the host runs or not"),
    "restore": (syntax.restore, _restore, "put a backup in the place of the database"),
    "move": (syntax.move, _move, "move the database to a PostgreSQL server"),
    "bi": (syntax.bi, _bi, "keep a table of all values for BI tools, in PostgreSQL"),
    "retention": (syntax.retention, _retention, "show or set for how long readings are kept"),
    "user": (syntax.user, _user, "show, add or delete who may sign in, or give a new password"),
    "token": (syntax.token, _token, "show, make or revoke a user's tokens of the API"),
    "redecode": (syntax.redecode, _redecode, "put kept telegrams through today's decoder"),
    "value": (syntax.value, _value, "show or change what a meter's values are called"),
    "template": (syntax.template, _template, "keep settings as templates for meters of a kind"),
    "messages": (syntax.messages, _messages, "show or delete the status messages of the logger"),
    "network": (syntax.network, _network, "show or change the computer's network"),
    "time": (syntax.time, _time, "show or set the computer's clock, try a time server"),
    "settings": (syntax.settings, _settings, "show or change what the board keeps by itself"),
    "converter": (
        syntax.converter,
        _converter,
        "hand the M-Bus to another master, or back",
    ),
    "restart": (syntax.restart, _restart, "restart the board; what it holds is kept"),
    "flash": (syntax.flash, _flash, "build the firmware and install it on a board"),
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
