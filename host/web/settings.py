"""What the web process must be told: where the data lies, its port, and how the site is called."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_PORT = 8080
STALE_AFTER_CYCLES = 3
"""A value older than so many readout cycles is greyed: old data never looks live."""


def system_zone() -> ZoneInfo:
    """Return this machine's time zone (TZ, /etc/localtime), or UTC where it does not tell."""
    link = Path("/etc/localtime")
    target = str(link.resolve()) if link.is_symlink() else ""
    for name in (os.environ.get("TZ", ""), target.rpartition("zoneinfo/")[2]):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class WebSettings:
    """data: folder with the database and core's socket. cycle_s: the common readout cycle (s)."""

    data: Path
    port: int = DEFAULT_PORT
    site: str = ""
    cycle_s: int = 900
    zone: ZoneInfo = field(default_factory=system_zone)


CONTINUOUS_AS_S = 900
"""The cycle whose age counts where meters are read without pause: a round of many takes minutes."""
