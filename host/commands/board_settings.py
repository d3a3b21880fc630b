"""`settings`: what the board keeps by itself, shown and changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from host import log
from host.commands import direct
from host.core import client
from shared import board_settings
from shared.errors import BadSetting

_parse = cast(Any, board_settings.parse_setting)


async def settings(data: Path, changes: Sequence[str], *, port: str | None, as_json: bool) -> int:
    """Take `changes` ("NAME=VALUE" each), all or none; then print all settings; return 0.

    Raises BadSetting for a change that is not allowed, before the board is asked.
    """
    log.configure("settings", quiet=True)
    wanted = dict(_change(text) for text in changes)
    async with client.connect(data) as core:
        if core is not None:
            answer = await core.call("board.settings", values=wanted)
            values: Mapping[str, Any] = answer["values"]
        elif port is not None:
            async with direct.connected(port) as board:
                values = await board.settings(wanted)
        else:
            raise direct.neither(data)
    _show(values, as_json=as_json)
    return 0


def _change(text: str) -> tuple[str, Any]:
    name, equals, written = text.partition("=")
    if not equals:
        raise BadSetting(f"{text}: write NAME=VALUE, such as language=de")
    return name, _parse(name, written)


def _show(values: Mapping[str, Any], *, as_json: bool) -> None:
    """Print the settings in the order of their table; those that are not as at first are marked.

    A board keeps no order in a dict, and a newer one may have settings that we do not know.
    """
    first = board_settings.defaults()
    ordered = {name: values[name] for name in [*first, *sorted(values)] if name in values}
    if as_json:
        print(json.dumps(ordered, ensure_ascii=False))
        return
    width = max(len(name) for name in ordered)
    for name, value in ordered.items():
        if name in board_settings.SECRET:
            print(f"{name:{width}}  {'set, not shown' if value else 'not set'}")
            continue
        mark = "" if value == first.get(name) else f"   (at first {_written(first.get(name))})"
        print(f"{name:{width}}  {_written(value)}{mark}")


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value) or "-"
