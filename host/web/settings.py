"""What the web process is told: where the data lies, its port; and what the site's settings say."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from host.settings.site import SiteSettings
from host.store import settings
from host.store.database import StoreFault
from host.web.reader import Reader
from shared.errors import BadSetting

DEFAULT_PORT = 8080
STALE_AFTER_CYCLES = 3
"""A value older than so many readout cycles is greyed: old data never looks live."""


@dataclass(frozen=True)
class WebSettings:
    """data: folder with the database and core's socket. cycle_s: the common readout cycle (s).

    names: what this machine may be called in the address of a page; an address in digits always.
    """

    data: Path
    port: int = DEFAULT_PORT
    cycle_s: int = 900
    names: frozenset[str] = frozenset({"localhost"})

    @cached_property
    def reader(self) -> Reader:
        """What reads the database, for all pages."""
        return Reader(self.data)

    @property
    def site(self) -> SiteSettings:
        """The site's settings as they are stored now.

        Those of a new site where there is no database yet, or one that cannot be read: the page of
        that fault has to be drawn, too.
        """
        try:
            return self.reader.kept("site", lambda session: settings.load(session, SiteSettings))
        except (StoreFault, BadSetting):
            return SiteSettings()

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone now."""
        return zone_of(self.site)


def zone_of(site: SiteSettings) -> ZoneInfo:
    """Return the time zone of `site`."""
    return ZoneInfo(site.zone or "UTC")


CONTINUOUS_AS_S = 900
"""The cycle whose age counts where meters are read without pause: a round of many takes minutes."""
