"""`template`: driver templates (manual 6.7), through the core where one runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from host.commands.writing import write
from host.core import client
from host.core import templates as services
from host.readout import own_values, telegrams
from host.readout import templates as at_work
from host.readout.telegram_table import printable
from host.readout.telegrams import RecordLine
from host.readout.templates import MeterChange
from host.settings import template as file
from host.settings.accounts import COMMAND_LINE
from host.store import database, templates
from host.store.templates import Kept
from shared.errors import BadSetting

T = TypeVar("T")


def run(data: Path, what: str, which: Sequence[str], name: str | None, *, replace: bool) -> int:
    """Do `what` the command line says with what it names; return the exit status.

    Raises `BadSetting` for something missing or too much.
    """
    match what, which:
        case "list", []:
            return show(data)
        case "save", [address]:
            return asyncio.run(save(data, address, name or f"Meter {address}"))
        case "export", [path]:
            return export(data, None, Path(path))
        case "export", [path, number]:
            return export(data, _number(number), Path(path))
        case "import", [path]:
            return asyncio.run(take_in(data, Path(path), replace=replace))
        case "preview", [number]:
            return preview(data, _number(number))
        case "apply", [number]:
            return asyncio.run(apply(data, _number(number)))
        case "delete" | "restore", [number]:
            return asyncio.run(delete(data, _number(number), undo=what == "restore"))
        case _:
            raise BadSetting(f"template {what}: see python -m host template --help")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadSetting(f"{text}: the number of a template is wanted; `template list` has them")
    return int(text)


def show(data: Path) -> int:
    """Print all templates; return the exit status."""
    with database.reading(database.existing(data)) as session:
        for kept in templates.all(session):
            kind, name = kept.template.kind, printable(kept.template.name)
            count = len(at_work.preview(session, kept.template))
            told = f"{kind.manufacturer} version {kind.version}, {kind.records} records"
            print(f"{kept.id:>4}  {name:40}  {told}, {count} meters")
    return 0


def preview(data: Path, number: int) -> int:
    """Print what a template would change, meter by meter; return the exit status."""
    with database.reading(database.existing(data)) as session:
        found = at_work.preview(session, _kept(session, number).template)
    for change in found:
        _print(change)
    print(f"{len(found)} meters, {sum(map(bool, found))} would be others")
    return 0


async def save(data: Path, address: str, name: str) -> int:
    """Keep a template of the meter at this address; return the exit status."""
    answer = await _change(
        data,
        "templates.save",
        {"address": address, "name": name},
        lambda session: {"id": services.save(session, address, name)},
    )
    print(f"template {answer['id']}: {name}")
    return 0


async def apply(data: Path, number: int) -> int:
    """Give a template to every meter it is for; return the exit status."""
    answer = await _change(
        data,
        "templates.apply",
        {"id": number},
        lambda session: {"changed": len(services.apply(session, number))},
    )
    print(f"{answer['changed']} meters changed")
    return 0


def export(data: Path, number: int | None, path: Path) -> int:
    """Write one template or all of them into a new file; return the exit status."""
    with database.reading(database.existing(data)) as session:
        chosen = templates.all(session) if number is None else [_kept(session, number)]
    try:
        with path.open("x", encoding="utf-8") as out:
            out.write(file.write(kept.template for kept in chosen))
    except OSError as error:
        raise BadSetting(f"{path}: {error.strerror}; choose another name") from error
    print(f"{path}: {len(chosen)} templates")
    return 0


async def take_in(data: Path, path: Path, *, replace: bool) -> int:
    """Take over the templates in a file, all or none; return the exit status."""
    wanted = file.read(_bytes(path))
    await _change(
        data,
        "templates.import",
        {"templates": [one.entry() for one in wanted], "replace": replace},
        lambda session: services.take_in(session, wanted, replace=replace),
    )
    print(f"{len(wanted)} templates taken over")
    return 0


async def delete(data: Path, number: int, *, undo: bool = False) -> int:
    """Delete a template, or have it back; return the exit status."""
    now = datetime.now(UTC)

    def work(session: Session) -> None:
        if undo:
            templates.restore(session, COMMAND_LINE, number)
        else:
            templates.delete(session, COMMAND_LINE, number, now)

    await _change(data, "templates.restore" if undo else "templates.delete", {"id": number}, work)
    if undo:
        print(f"template {number}: back")
    else:
        print(f"template {number}: deleted; for a day `template restore {number}` brings it back")
    return 0


async def _change(
    data: Path, method: str, params: dict[str, Any], work: Callable[[Session], Any]
) -> Any:
    """Return what the core answers, or what `work` does in the database where there is none."""
    async with client.connect(data) as core:
        if core is not None:
            return await core.call(method, **params)
        database.existing(data)
        return await write(data, work)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadSetting(f"{path}: {error.strerror}") from error


def _kept(session: Session, number: int) -> Kept:
    kept = templates.get(session, number)
    if kept is None:
        raise BadSetting(f"template {number}: there is none of this number")
    return kept


def _print(change: MeterChange) -> None:
    name = printable(change.meter.name or change.meter.serial or "")
    print(f"{change.meter.address}  {name}".rstrip() + ("" if change else ": stays as it is"))
    for setting, before, after in change.settings:
        print(f"    {setting}: {before} -> {after}")
    for value in change.values:
        print(f"    {_told(value.before)} -> {_told(value.after)}")
    if change.gone:
        print(f"    {change.gone} settings of values that it has no longer go")


def _told(line: RecordLine) -> str:
    told = own_values.told(line)
    parts: Sequence[Any] = (told["name"], told["value"], telegrams.symbol(told["unit"] or ""))
    return printable(" ".join(str(part) for part in parts if part is not None).strip())
