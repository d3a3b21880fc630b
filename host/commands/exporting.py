"""`export`: the readings as files, straight from the database, in a process of its own."""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from host.core import client
from host.core.exports import STATUS_FULL
from host.export.export import ZIP_NAME, Export, Progress
from host.export.form import Format, Period, choose
from host.export.source import Source
from host.store import database, meters, units
from host.store.tables import from_ms, to_ms
from shared.errors import BadSetting, LinkLost

_LOOK_S = 0.2
"""Between two tellings of the progress."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export. addresses None: all meters; medium None: of all media."""

    period: Period
    form: Format
    addresses: Sequence[str] | None = None
    medium: str | None = None


def addresses_of(data: Path, name: str) -> Sequence[str]:
    """Return the addresses of the meters in the consumer unit `name`, in whatever case.

    Raises `BadSetting` for a unit there is not, or without meters.
    """
    with database.reading(database.existing(data)) as session:
        known = units.all(session)
        found = next((one for one in known if one.name.casefold() == name.casefold()), None)
        if found is None:
            there = ", ".join(one.name for one in known) or "none"
            raise BadSetting(f"{name}: no consumer unit is called so; there are: {there}")
        addresses = [meter.address for meter in meters.all(session) if meter.id in found.meters]
    if not addresses:
        raise BadSetting(f"{found.name}: this consumer unit has no meters")
    return addresses


def export(data: Path, out: Path, wanted: Wanted, *, whole: bool, lines: bool) -> int:
    """Write the files into the folder `out` and say which; return the status.

    whole: one DataExport.zip with all of them. lines: tell the progress as JSON lines on standard
    output, for a program. A file is there when it is whole; SIGTERM and Ctrl-C leave none behind
    that is not.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if lines:
        os.nice(10)
    source = Source(database.existing(data), wanted.period)
    chosen = choose(source.meters(), wanted.addresses, wanted.medium)
    tell = _lines() if lines else _bar() if sys.stderr.isatty() else None
    now = datetime.now(UTC)
    work = Export(source, chosen, wanted.form, now, tell)
    try:
        out.mkdir(parents=True, exist_ok=True)
        if whole:
            names = [_write(out / ZIP_NAME, work.archive())]
        else:
            names = [_write(out / file.name, file.data) for file in work.files()]
    except OSError as error:
        hint = "free some space, or choose another --out"
        print(f"mbuslink: {out}: {error.strerror or error}; {hint}", file=sys.stderr)
        return STATUS_FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else 1
    finally:
        if tell and not lines:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    if not lines:
        for name in names:
            print(name)
    if not chosen:
        print("mbuslink: there is no such meter; python -m host state lists them", file=sys.stderr)
    elif work.empty:
        print(f"mbuslink: {work.empty} of {len(chosen)} meters have no readings", file=sys.stderr)
    return 0


def _write(path: Path, data: Iterable[bytes]) -> Path:
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            file.writelines(data)
        return part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _lines() -> Callable[[Progress], None]:
    """Return what prints {"done", "total"} now and then."""
    last = 0.0

    def tell(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _LOOK_S or progress.done == progress.total:
            last = now
            print(json.dumps({"done": progress.done, "total": progress.total}), flush=True)

    return tell


def _bar() -> Callable[[Progress], None]:
    """Return what draws one line on the terminal: how far, which meter, how long still."""
    begin, last = time.monotonic(), 0.0

    def tell(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < _LOOK_S:
            return
        last = now
        part = progress.done / progress.total
        left = (now - begin) * (1 - part) / part
        name = progress.meter.name or progress.meter.address
        shown = "".join(character for character in name if character.isprintable())
        text = f"\r{part:4.0%}  {shown[:40]}  {left:.0f} s left\x1b[K"
        print(text, end="", file=sys.stderr, flush=True)

    return tell


async def begin(data: Path, wanted: Wanted) -> int:
    """Let the core make DataExport.zip by itself and say its number; return the status."""
    form, period = wanted.form, wanted.period
    async with client.connect(data) as core:
        if core is None:
            raise _away(data)
        told = await core.call(
            "export.start",
            meters=wanted.addresses and list(wanted.addresses),
            medium=wanted.medium,
            since_ms=None if period.since is None else to_ms(period.since),
            until_ms=None if period.until is None else to_ms(period.until),
            dates=period.dated,
            kind=form.kind,
            separator="tab" if form.separator == "\t" else form.separator,
            mark=form.mark,
            language=form.language,
            bom=form.bom,
        )
    print(f"export {told['number']} has begun; python -m host exports shows how far it is")
    return 0


async def exports(data: Path, what: str, number: int | None) -> int:
    """Do `what` ("list", "stop" or "delete") with the exports of the core; return the status."""
    async with client.connect(data) as core:
        if core is None:
            raise _away(data)
        if what != "list":
            if number is None:
                raise BadSetting(f"{what}: which export? python -m host exports lists them")
            await core.call(f"export.{what}", number=number)
        told = await core.call("export.list")
    for line in told["exports"]:
        print(_told(data, line))
    return 0


def _told(data: Path, line: Mapping[str, Any]) -> str:
    begun = f"{from_ms(line['started_ms']):%Y-%m-%d %H:%M} UTC"
    state = line["state"]
    if state == "running":
        part = line["done"] / line["total"] if line["total"] else 0.0
        state = f"running, {part:.0%}"
    elif state == "done":
        file = data / "exports" / str(line["number"]) / ZIP_NAME
        state = f"{file} ({line['bytes'] / 1e6:.1f} MB)"
    elif line["error"]:
        state = f"{state}: {line['error']}"
    return f"{line['number']:3}  {begun}  {state}"


def _away(data: Path) -> LinkLost:
    return LinkLost(f"no core is running on {data}; start it (python -m host run), or give --out")
