"""`value`: what a meter's values are called and scaled by, through the core where one runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from host.commands.configuring import meant
from host.commands.writing import write
from host.core import client, registration
from host.readout import own_values, telegrams
from host.readout import templates as at_work
from host.readout.own_values import settings_of
from host.readout.telegram_table import printable
from host.readout.telegrams import RecordLine
from host.settings.value import PLAIN, ValueKey, ValueSettings, entries
from host.store import database, value_settings
from shared.errors import BadSetting


async def value(
    data: Path, address: str, number: int | None, given: Sequence[str], *, as_json: bool
) -> int:
    """Change what is `given` ("unit=MWh") of value `number`, then list; return the exit status.

    All is changed or nothing. Raises `BadAddress` for an unknown meter, `BadSetting`.
    """
    lines = _lines(data, address)
    if number is not None:
        if not 1 <= number <= len(lines):
            raise BadSetting(f"{address}: it has no value {number}; `value {address}` lists them")
        key, line = lines[number - 1]
        wanted = (settings_of(line) or PLAIN).changed(**meant(ValueSettings, given))
        if given:
            await _change(data, address, {key: wanted})
            lines = _lines(data, address)
        lines = lines[number - 1 : number]
    first = number or 1
    if as_json:
        told = [
            {"number": place, "head": key.head, "nth": key.nth, "quantity": line["quantity"]}
            | (settings_of(line) or PLAIN).model_dump()
            for place, (key, line) in enumerate(lines, first)
        ]
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return 0
    for place, (_, line) in enumerate(lines, first):
        facts = (settings_of(line) or PLAIN).facts().items()
        set_so = ", ".join(f"{name}={one}" for name, one in facts)
        print(f"{place:>4}  {_told(line):40}  {printable(set_so)}".rstrip())
    if not lines:
        print(f"{address}: no values yet; read it once")
    return 0


def _lines(data: Path, address: str) -> Sequence[tuple[ValueKey, RecordLine]]:
    """Return the values of the meter's newest readout, with their settings."""
    with database.reading(database.existing(data)) as session:
        meter = registration.known(session, registration.parse(address).text)
        lines = at_work.newest_lines(session, meter)
        own = own_values.with_own(lines, value_settings.of(session, meter))
    return list(zip(own_values.keys(own), own, strict=True))


async def _change(data: Path, address: str, wanted: Mapping[ValueKey, ValueSettings]) -> None:
    text = registration.parse(address).text
    async with client.connect(data) as core:
        if core is not None:
            await core.call("meters.change_values", address=text, values=entries(wanted))
            return

        def work(session: Session) -> None:
            registration.change_values(session, text, wanted)

        await write(data, work)


def _told(line: RecordLine) -> str:
    told = own_values.told(line)
    parts: Sequence[Any] = (told["name"], told["value"], telegrams.symbol(told["unit"] or ""))
    return printable(" ".join(str(part) for part in parts if part is not None).strip())
