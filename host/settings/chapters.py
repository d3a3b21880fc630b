"""All chapters of settings, by the word that names them everywhere outside the code."""

from __future__ import annotations

from collections.abc import Mapping

from host.settings.accounts import AccountSettings
from host.settings.chapter import Chapter
from host.settings.clock import TimeSettings
from host.settings.network import NetworkSettings
from host.settings.readout import ReadoutSettings
from host.settings.site import SiteSettings
from host.settings.storage import StorageSettings
from shared.errors import BadSetting

CHAPTERS: Mapping[str, type[Chapter]] = {
    "site": SiteSettings,
    "readout": ReadoutSettings,
    "storage": StorageSettings,
    "users": AccountSettings,
    "network": NetworkSettings,
    "time": TimeSettings,
}


def named(name: str) -> type[Chapter]:
    """Return the chapter called `name`. Raises `BadSetting` when there is none."""
    if name not in CHAPTERS:
        raise BadSetting(f"{name}: no settings are called so; there are {', '.join(CHAPTERS)}")
    return CHAPTERS[name]
