"""The file of a configuration: all chapters as JSON, without meters and secrets (manual 6.8.10)."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from host.settings.chapter import Chapter
from host.settings.chapters import CHAPTERS
from shared.errors import BadSetting
from shared.version import VERSION

KIND = "mbuslink configuration"
LIFTS: Sequence[Callable[[dict[str, Any]], dict[str, Any]]] = ()
"""LIFTS[n] brings the chapters of format n + 1 to format n + 2."""

FORMAT = 1 + len(LIFTS)

Configuration = Mapping[str, Chapter]
"""Chapters by name."""


def file_name(name: str, at: datetime) -> str:
    """Return the manual's name of the file made `at` (local time) of the logger `name`.

    Configuration_Name_28_11_2016_10_2.json; only letters, digits and "-" of the name are in it.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    word = re.sub(r"[^A-Za-z0-9-]+", "-", plain).strip("-") or "mbuslink"
    return f"Configuration_{word}_{at.day}_{at.month}_{at.year}_{at.hour}_{at.minute}.json"


def write(configuration: Configuration, at: datetime) -> str:
    """Return the text of the file; `at` is when it was made."""
    chapters: dict[str, Any] = {}
    for name, chapter in configuration.items():
        secret = {row.name for row in chapter.rows() if row.secret}
        chapters[name] = chapter.model_dump(mode="json", exclude=secret)
    whole = {"kind": KIND, "format": FORMAT, "version": VERSION, "made": at.isoformat()}
    return json.dumps(whole | {"chapters": chapters}, indent=2, ensure_ascii=False) + "\n"


def read(text: str) -> dict[str, dict[str, Any]]:
    """Return the chapters of a file as they can be changed at once: chapter -> setting -> value.

    A chapter or setting that the file does not have stays as it is, secrets among them. Raises
    `BadSetting` (`WrongSettings` where a value cannot be) for anything but a whole file of this or
    an older format.
    """
    try:
        whole: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadSetting("this is no file of a configuration, or only a part of one") from error
    if not isinstance(whole, dict) or cast(dict[str, Any], whole).get("kind") != KIND:
        raise BadSetting("this is no file of a configuration")
    found = cast(dict[str, Any], whole)
    number, chapters = found.get("format"), found.get("chapters")
    if not isinstance(number, int) or not isinstance(chapters, dict) or number < 1:
        raise BadSetting("this file of a configuration is not whole")
    if number > FORMAT:
        raise BadSetting("a newer release made this file; update this one first")
    lifted = cast(dict[str, Any], chapters)
    for lift in LIFTS[number - 1 :]:
        lifted = lift(lifted)
    return {name: _checked(name, values) for name, values in lifted.items()}


def _checked(name: str, values: Any) -> dict[str, Any]:
    model = CHAPTERS.get(name)
    if model is None or not isinstance(values, dict):
        raise BadSetting(f"{name}: no settings are called so")
    given = cast(dict[str, Any], values)
    secret = {row.name for row in model.rows() if row.secret}
    model().changed(**given)
    return {setting: value for setting, value in given.items() if setting not in secret}
