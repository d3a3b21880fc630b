"""What the commands of `python -m host` take: a function for each, which adds its options.

What runs a command is imported by `host.__main__` when it is asked for, so that help comes fast.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shared.errors import BadSetting

BAUDS = (300, 600, 1200, 2400, 4800, 9600)
ADDRESS_HELP = "primary address 0-250, or secondary: 8 or 16 hex digits as on the meter's plate"
DEFAULT_DATA = Path("data")


def _data(options: argparse.ArgumentParser) -> None:
    options.add_argument(
        "--data",
        type=Path,
        default=DEFAULT_DATA,
        metavar="DIR",
        help="the data folder (default: data)",
    )


def core(options: argparse.ArgumentParser) -> None:
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


def run(options: argparse.ArgumentParser) -> None:
    core(options)
    options.add_argument(
        "--web-port",
        type=int,
        metavar="N",
        help="port of the web page, 0 for any (default: 80, or 8080 where 80 is not permitted)",
    )
    options.add_argument(
        "--web-host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="who reaches the web page: 0.0.0.0 the whole network (default: this machine alone)",
    )
    options.add_argument(
        "--web-name",
        action="append",
        default=[],
        metavar="NAME",
        help="a name by which browsers know this machine, beside its own; may be given again",
    )


def add(options: argparse.ArgumentParser) -> None:
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


def change(options: argparse.ArgumentParser) -> None:
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


def delete(options: argparse.ArgumentParser) -> None:
    _data(options)
    options.add_argument("addresses", nargs="+", metavar="ADDRESS", help=ADDRESS_HELP)
    text = "have deleted ones back, for a day"
    options.add_argument("--undo", action="store_true", help=text)


def cycle(options: argparse.ArgumentParser) -> None:
    _data(options)
    text = "seconds from readout to readout, 10 to 172800, or continuous"
    options.add_argument("cycle", type=_cycle, metavar="S", help=text)


def config(options: argparse.ArgumentParser) -> None:
    _data(options)
    text = "such as site.zone=Europe/Zurich readout.cycle_s=300"
    options.add_argument("given", nargs="*", metavar="CHAPTER.NAME=VALUE", help=text)
    add = options.add_argument
    add("--save", type=Path, metavar="FILE", help="write all but secrets into a file")
    add("--load", type=Path, metavar="FILE", help="take over such a file, whole or not at all")
    add("--json", action="store_true", help="list them as JSON")


def dates(options: argparse.ArgumentParser) -> None:
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


def read(options: argparse.ArgumentParser) -> None:
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


def state(options: argparse.ArgumentParser) -> None:
    _data(options)
    options.add_argument("--json", action="store_true", help="one JSON object")


def export(options: argparse.ArgumentParser) -> None:
    from host.commands import export_options

    _data(options)
    export_options.add_arguments(options)


def exports(options: argparse.ArgumentParser) -> None:
    _data(options)
    options.add_argument("what", nargs="?", default="list", choices=("list", "stop", "delete"))
    options.add_argument("number", nargs="?", type=int, metavar="N", help="of the export")


def history(options: argparse.ArgumentParser) -> None:
    _data(options)
    add = options.add_argument
    add("address", metavar="ADDRESS", help=ADDRESS_HELP)
    add("--values", action="store_true", help="list the meter's values with their numbers")
    add("--value", type=int, metavar="N", help="this value (default: the main one)")
    add("--by", default="day", choices=("hour", "day", "month"), help="periods (default: day)")
    add("--from", dest="since", metavar="DATE", help="first day or moment, UTC (2026-01-31T12:00)")
    add("--to", dest="until", metavar="DATE", help="last day, or moment that is no longer in it")
    add("--form", default="table", choices=("table", "csv", "json"), help="(default: table)")


def check(options: argparse.ArgumentParser) -> None:
    _data(options)
    text = "a backup to check in place of the database"
    options.add_argument("file", nargs="?", type=Path, metavar="FILE", help=text)
    options.add_argument("--json", action="store_true", help="one JSON object")
    options.epilog = "Exit status: 0 sound, 1 not sound (each problem is told), 2 wrong use."


def backup(options: argparse.ArgumentParser) -> None:
    _data(options)
    options.add_argument("file", type=Path, metavar="FILE", help="a file that is not there yet")


def restore(options: argparse.ArgumentParser) -> None:
    _data(options)
    text = "a backup, made by hand or at night in DIR/backups"
    options.add_argument("file", type=Path, metavar="FILE", help=text)


def move(options: argparse.ArgumentParser) -> None:
    _data(options)
    text = (
        "postgresql://USER:PASSWORD@HOST/DATABASE?logger=NAME, or - to be read from standard input"
    )
    options.add_argument("--to", required=True, metavar="URL", help=text)
    options.epilog = (
        "The host must not run. Ended anywhere, the same command goes on. Afterwards the URL stands"
        " in DIR/database.url, which its owner alone may read."
    )


def bi(options: argparse.ArgumentParser) -> None:
    _data(options)
    add = options.add_argument
    text = "state: tell; on: make it and fill it; off: delete it; fill: add what is missing"
    add("what", nargs="?", default="state", choices=("state", "on", "off", "fill"), help=text)
    add("--again", action="store_true", help="with fill: look at the days that are filled, too")
    add("--background", action="store_true", help="at low priority, without a word")
    options.epilog = (
        "The table bi_values has a row a value: moment, logger, meter, quantity, unit, value, text."
        " It needs the database on a PostgreSQL server. Ended anywhere, the same command goes on;"
        " the host adds new readings every 15 minutes."
    )


def retention(options: argparse.ArgumentParser) -> None:
    _data(options)
    text = "keep so many days, 0 for ever; without it the command only tells"
    options.add_argument("days", nargs="?", type=int, metavar="DAYS", help=text)


def settings(options: argparse.ArgumentParser) -> None:
    _data(options)
    add = options.add_argument
    add("changes", nargs="*", metavar="NAME=VALUE", help="change these, all or none")
    add("--port", metavar="PORT", help="port of the board, used while no core runs")
    add("--json", action="store_true", help="one JSON object")


def converter(options: argparse.ArgumentParser) -> None:
    _data(options)
    add = options.add_argument
    add("what", choices=("on", "off", "state"))
    add("--port", metavar="PORT", help="port of the board, used while no core runs")
    add("--json", action="store_true", help="one JSON object")


def restart(options: argparse.ArgumentParser) -> None:
    _data(options)
    text = "port of the board, used while no core runs"
    options.add_argument("--port", metavar="PORT", help=text)


def scan(options: argparse.ArgumentParser) -> None:
    from host.commands import scanning

    _data(options)
    scanning.add_arguments(options, BAUDS)


def user(options: argparse.ArgumentParser) -> None:
    options.formatter_class = argparse.RawDescriptionHelpFormatter
    options.epilog = """\
  user list                          who may sign in at the web page
  user add NAME [--role ROLE]        add somebody
  user reset NAME                    give a new password, when the old one was forgotten
  user delete NAME                   delete somebody; one administrator remains

How long a password is at least is a setting: python -m host config users.password_min=10
A password is asked for without being shown, or read from a line of standard input; with --make it
is made and printed, and must be changed at the first sign-in.
"""
    _data(options)
    add = options.add_argument
    add("what", choices=("list", "add", "reset", "delete"))
    add("name", nargs="?", metavar="NAME")
    add("--role", choices=("administrator", "standard"), default="standard", help="(standard)")
    add("--make", action="store_true", help="make a password and print it")
    add("--json", action="store_true", help="with list: one JSON object")


def token(options: argparse.ArgumentParser) -> None:
    options.formatter_class = argparse.RawDescriptionHelpFormatter
    options.epilog = """\
  token list USER                    the tokens of a user
  token add USER NAME                make one and print it, this once
  token revoke USER NAME             let nobody in with it any more

A program shows it to the API in place of a name and password. It may do what its user may, or with
--read-only only read, and ends with the user's password.
"""
    _data(options)
    add = options.add_argument
    add("what", choices=("list", "add", "revoke"))
    add("user", metavar="USER")
    add("name", nargs="?", metavar="NAME", help="of the token: what it is for")
    add("--read-only", action="store_true", help="it changes nothing")
    add("--days", type=int, metavar="N", help="how long it lasts (default: until it is revoked)")
    add("--json", action="store_true", help="with list: one JSON object")


def messages(options: argparse.ArgumentParser) -> None:
    _data(options)
    add = options.add_argument
    add("--number", type=int, choices=range(11), metavar="N", help="of this number alone, 0-10")
    add("--type", choices=("error", "warning", "info"), help="of this type alone")
    add("--limit", type=int, default=100, metavar="N", help="at most so many (default: 100)")
    add("--clear", action="store_true", help="delete all messages")
    add("--restore", action="store_true", help="have back what was deleted last, for a day")
    add("--json", action="store_true", help="one JSON object")


def network(options: argparse.ArgumentParser) -> None:
    options.formatter_class = argparse.RawDescriptionHelpFormatter
    options.epilog = """\
  network                            how the wired interfaces are, and how they are set
  network try [NAME=VALUE ...]       change it; had back after a minute unless it is kept
  network keep                       keep it
  network undo                       have it back at once

NAME is interface, dhcp, address, mask, gateway, dns1 or dns2; what is not given is as stored.
"""
    _data(options)
    add = options.add_argument
    add("what", nargs="?", default="state", choices=("state", "try", "keep", "undo"))
    add("given", nargs="*", metavar="NAME=VALUE", help="with try: such as dhcp=on")
    add("--json", action="store_true", help="one JSON object")


def redecode(options: argparse.ArgumentParser) -> None:
    _data(options)
    add = options.add_argument
    add("--start-over", action="store_true", help="not from where it was ended")
    add("--for-core", action="store_true", help=argparse.SUPPRESS)
    add("--json", action="store_true", help="one JSON object")
    options.epilog = (
        "Readings are decoded whenever somebody looks, so there is nothing to convert: this tells"
        " what the decoder makes of all that is kept, and what is another than the last time. It"
        " runs at low priority beside the host; ended anywhere, the same command goes on."
    )


def template(options: argparse.ArgumentParser) -> None:
    options.formatter_class = argparse.RawDescriptionHelpFormatter
    options.epilog = """\
  template list                      all of them with their numbers
  template save ADDRESS [--name X]   of a meter's settings and those of its values
  template preview N                 what it would change, meter by meter
  template apply N                   give it to every meter of its kind
  template export FILE [N]           one or all, as JSON
  template import FILE [--replace]   all of a file or none
  template delete N, restore N       a deleted one can be had back for a day

A template is for meters of the same manufacturer, version byte and number of data records.
"""
    _data(options)
    add = options.add_argument
    what = ("list", "save", "preview", "apply", "export", "import", "delete", "restore")
    add("what", nargs="?", default="list", choices=what)
    add("which", nargs="*", metavar="N", help="number, address or file, see below")
    add("--name", help="with save: what it is called (default: after the meter)")
    add("--replace", action="store_true", help="with import: in place of those for the same meters")


def value(options: argparse.ArgumentParser) -> None:
    options.formatter_class = argparse.RawDescriptionHelpFormatter
    options.epilog = """\
  value ADDRESS                      the values of a meter with their numbers and settings
  value ADDRESS N                    one of them
  value ADDRESS N unit=MWh factor=1000000

Settings: designation, unit, factor (divides), phase, tariff, month; "none" and "" take them away.
"""
    _data(options)
    add = options.add_argument
    add("address", metavar="ADDRESS", help=ADDRESS_HELP)
    add("number", nargs="?", type=int, metavar="N", help="number of the value, from 1")
    add("given", nargs="*", metavar="NAME=VALUE", help="change these, all or none")
    add("--json", action="store_true", help="list them as JSON")


def time(options: argparse.ArgumentParser) -> None:
    options.formatter_class = argparse.RawDescriptionHelpFormatter
    options.epilog = """\
  time                               how the clock is kept
  time test SERVER                   ask a time server once
  time set 2026-03-01T12:00:00       set it (UTC), while no time server keeps it

By which servers: python -m host config time.servers=metasntp11.admin.ch (time.ntp=off: by none).
"""
    _data(options)
    add = options.add_argument
    add("what", nargs="?", default="state", choices=("state", "test", "set"))
    add("given", nargs="?", metavar="SERVER|MOMENT", help="what is tried or set")
    add("--json", action="store_true", help="one JSON object")


def flash(options: argparse.ArgumentParser) -> None:
    from host.updates import flash

    flash.add_arguments(options)


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
