"""What the installation is called, and whose days and hours it has (manual 6.3.6)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator

from host.settings import checks
from host.settings.chapter import Chapter, setting
from host.texts.catalogue import N_

_Line = Annotated[str, AfterValidator(checks.one_line)]


def system_zone() -> str:
    """Return the name of this machine's time zone (TZ, /etc/localtime), "" where none is told."""
    link = Path("/etc/localtime")
    target = str(link.resolve()) if link.is_symlink() else ""
    for name in (os.environ.get("TZ", ""), target.rpartition("zoneinfo/")[2]):
        if name in checks.zones():
            return name
    return ""


class SiteSettings(Chapter):
    """name, site: as in the banner. zone: IANA name, "" for UTC; whose days, months and clock."""

    TITLE: ClassVar[str] = N_("Installation")
    HELP: ClassVar[str] = N_("How this installation is called, and which clock it goes by.")
    MANUAL: ClassVar[str] = "6.3.6"

    name: _Line = setting(
        "",
        N_("Name"),
        N_("What the banner calls this logger, and what its files are called after."),
        kind="text",
        high=60,
    )
    site: _Line = setting(
        "",
        N_("Site"),
        N_("The building or address; it stands beside the name."),
        kind="text",
        high=100,
    )
    zone: Annotated[str, AfterValidator(checks.zone)] = setting(
        "",
        N_("Time zone"),
        N_(
            "Times are shown in this zone; days, months and reading dates begin by it. Stored is"
            " UTC, so a change loses nothing."
        ),
        kind="zone",
        high=60,
    )
