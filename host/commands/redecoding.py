"""`redecode`: kept telegrams through today's decoder, at low priority; ended anywhere, it goes on.

What a value was called is kept in DATA/decoded.json, the meters done so far in a file beside it.
What differs in the meters' rows (who they say they are, how they fare) is written by the core where
one runs; readings are never touched.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from host.commands.keeping import progress
from host.commands.writing import write
from host.core import client, registration
from host.readout import redecoding
from host.readout.redecoding import Change, Said
from host.readout.telegram_table import printable
from host.store import database, meters
from host.store.meters import Meter
from shared.errors import BadSetting

KEPT = "decoded.json"
_UNDER_WAY = "decoded.part.json"
_FORMAT = 1
_LOW = 10
"""Of 19: every readout and page comes first."""


async def redecode(
    data: Path, *, start_over: bool = False, as_json: bool = False, for_core: bool = False
) -> int:
    """Look at all that is kept and tell what is another now; return the exit status.

    start_over: do not go on where the command was ended. for_core: tell progress and the end in
    lines of JSON, and leave the meters' rows to the core that began it. Raises `BadSetting` where
    what was found cannot be kept.
    """
    place = database.existing(data)
    os.setpriority(os.PRIO_PROCESS, 0, _LOW)
    with database.reading(place) as session:
        known = meters.all(session)
    before = _load(data / KEPT)
    done = {} if start_over else _load(data / _UNDER_WAY)
    tell = _tell_line if for_core else progress()
    found: dict[str, Any] = {}
    for number, meter in enumerate(known):
        key = str(meter.id)
        entry = done.get(key)
        if entry is None:
            entry = redecoding.walk(lambda: database.reading(place), meter.id).entry()
            done[key] = entry
            _save(data / _UNDER_WAY, done)
        found[key] = entry
        tell(1000 * (number + 1) // len(known))
    _save(data / KEPT, found)
    with contextlib.suppress(FileNotFoundError):
        (data / _UNDER_WAY).unlink()
    changed = 0 if for_core else await _reassess(data)
    _report(known, before, found, changed, as_json=as_json or for_core)
    return 0


def _tell_line(permille: int) -> None:
    print(json.dumps({"permille": permille}), flush=True)


async def _reassess(data: Path) -> int:
    """Have what today's decoder says of the newest readings in the meters' rows."""
    async with client.connect(data) as core:
        if core is not None:
            return (await core.call("meters.reassess"))["changed"]
        return len(await write(data, registration.reassess))


def _report(
    known: Sequence[Meter],
    before: Mapping[str, Any],
    found: Mapping[str, Any],
    changed: int,
    *,
    as_json: bool,
) -> None:
    each = {meter.address: list(_changes(meter, before, found)) for meter in known}
    others = {address: some for address, some in each.items() if some}
    readings = sum(entry["readings"] for entry in found.values())
    unreadable = sum(entry["unreadable"] for entry in found.values())
    if as_json:
        told = {a: [one._asdict() for one in some] for a, some in others.items()}
        whole = {"readings": readings, "unreadable": unreadable, "first": not before}
        print(json.dumps(whole | {"changes": told, "meters_changed": changed}))
        return
    for address, some in others.items():
        for one in some:
            print(printable(f"{address}  {one.value}: {one.before or '-'} -> {one.after or '-'}"))
    print(f"{readings} readings, {unreadable} telegrams that cannot be decoded")
    if not before:
        print("what the values are called is kept; the next time tells what is another then")
    else:
        print(f"{len(others)} meters have values that are told otherwise than the last time")
    print(f"{changed} meters say something else of themselves now")
    if others:
        print("bi_values keeps what was decoded before; `bi off` and `bi on` fill it anew")


def _changes(meter: Meter, before: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Change]:
    key = str(meter.id)
    yield from redecoding.changes(before.get(key), Said(**found[key]))


def _load(path: Path) -> dict[str, Any]:
    """Return what is kept in a file; nothing where there is none, or none of ours."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        told = cast(dict[str, Any], json.loads(path.read_text(encoding="utf-8")))
        if told["format"] == _FORMAT:
            entries = cast(dict[str, Any], told["meters"])
            return {key: Said(**entry).entry() for key, entry in entries.items()}
    return {}


def _save(path: Path, entries: Mapping[str, Any]) -> None:
    text = json.dumps({"format": _FORMAT, "meters": entries}, ensure_ascii=False)
    new = path.with_suffix(".new")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    except OSError as error:
        raise BadSetting(f"{path}: {error.strerror}") from error
