"""`export`: the readings as files, straight from the database, in a process of its own."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from host.export.export import ZIP_NAME, Export, Progress
from host.export.form import Format, Period, choose
from host.export.source import Source
from host.store import database

_LOOK_S = 0.2
"""Between two tellings of the progress."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export. addresses None: all meters; medium None: of all media."""

    period: Period
    form: Format
    addresses: Sequence[str] | None = None
    medium: str | None = None


def export(data: Path, out: Path, wanted: Wanted, *, whole: bool, lines: bool) -> int:
    """Write the files into the folder `out` and say which; return the status.

    whole: one DataExport.zip with all of them. lines: tell the progress as JSON lines on standard
    output, for a program. A file is there when it is whole; SIGTERM and Ctrl-C leave none behind
    that is not.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
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
        return 1
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
