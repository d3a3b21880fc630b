"""`config`: everything that can be set, chapter by chapter, through the core where one runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from host.commands.writing import write
from host.core import client, kept_settings
from host.settings import configuration, durations
from host.settings.chapter import Chapter, Row
from host.settings.chapters import CHAPTERS, named
from host.store import database, place, settings
from shared.errors import BadSetting

_WORDS = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}


async def configure(
    data: Path, given: Sequence[str], *, load: Path | None = None, as_json: bool = False
) -> int:
    """Change what is `given` ("site.zone=Europe/Zurich"), then list all; return the exit status.

    load: a configuration's file, to be taken over before it.
    All is changed or nothing. Raises `BadSetting`.
    """
    changes = configuration.read(_text(load)) if load is not None else {}
    for chapter, values in parsed(given).items():
        changes[chapter] = changes.get(chapter, {}) | values
    if changes:
        await change(data, changes)
    if "network" in changes:
        print("network.* is stored, and not used yet: python -m host network try", file=sys.stderr)
    kept = {name: _shown(stored(data, model)) for name, model in CHAPTERS.items()}
    if as_json:
        print(json.dumps(kept, indent=2, ensure_ascii=False))
        return 0
    width = max(len(f"{name}.{row.name}") for name in kept for row in CHAPTERS[name].rows())
    for name, values in kept.items():
        for row in CHAPTERS[name].rows():
            print(f"{f'{name}.{row.name}':{width}}  {_told(row, values[row.name])}  ({row.label})")
    return 0


def save(data: Path, file: Path) -> int:
    """Write the configuration, all but secrets, into a new `file`; return the exit status."""
    kept = {name: stored(data, model) for name, model in CHAPTERS.items()}
    text = configuration.write(kept, datetime.now(UTC))
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise BadSetting(f"{file}: {error.strerror}; choose another name") from error
    print(f"{file}: {len(kept)} chapters")
    return 0


async def change(data: Path, chapters: Mapping[str, Mapping[str, Any]]) -> None:
    """Change settings (chapter -> setting -> value), all or none. Raises `BadSetting`."""
    for name, changes in chapters.items():
        stored(data, named(name)).changed(**changes)  # before there is a database
    async with client.connect(data) as core:
        if core is not None:
            await core.call("settings.change", chapters=dict(chapters))
        else:
            await write(data, lambda session: kept_settings.change(session, chapters))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"{file}: cannot be read ({error})") from error


def stored(data: Path, model: type[Chapter]) -> Any:
    """Return the chapter as it is stored; where there is no database yet, as it is at first."""
    path = place.of(data)
    if isinstance(path, Path) and not path.exists():
        return model()
    with database.reading(path) as session:
        return settings.load(session, model)


def _shown(chapter: Chapter) -> dict[str, Any]:
    """Return what may be shown: a secret only as whether there is one."""
    values = chapter.model_dump(mode="json")
    return values | {row.name: bool(values[row.name]) for row in chapter.rows() if row.secret}


def _told(row: Row, value: Any) -> str:
    if row.kind == "duration":
        return durations.told(value)
    return f"{json.dumps(value, ensure_ascii=False)} {row.unit}".rstrip()


def parsed(given: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what "chapter.name=value" each means: chapter -> setting -> value."""
    changes: dict[str, dict[str, Any]] = {}
    for text in given:
        place, equals, value = text.partition("=")
        chapter, _, name = place.partition(".")
        if not equals or not name:
            raise BadSetting(f"{text}: write CHAPTER.NAME=VALUE, such as site.zone=Europe/Zurich")
        row = next((row for row in named(chapter).rows() if row.name == name), None)
        if row is None:
            raise BadSetting(f"{place}: there is no such setting; `config` lists them")
        changes.setdefault(chapter, {})[name] = _value(row, value)
    return changes


def meant(model: type[Chapter], given: Sequence[str]) -> dict[str, Any]:
    """Return what "name=value" each means for a chapter that stands alone."""
    rows = {row.name: row for row in model.rows()}
    changes: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or name not in rows:
            raise BadSetting(f"{text}: write NAME=VALUE with one of {', '.join(rows)}")
        changes[name] = _value(rows[name], value)
    return changes


def _value(row: Row, text: str) -> Any:
    """Return the value that `text` means; what it cannot mean the chapter refuses."""
    if row.empty and text == "none":
        return None
    if row.kind == "duration":
        seconds = durations.parse(text)
        return text if seconds is None else seconds
    if row.kind == "choice":
        return next((code for code, _ in row.choices if str(code) == text), text)
    if row.kind == "flag":
        return _WORDS.get(text.lower(), text)
    if row.kind in ("number", "dates"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
