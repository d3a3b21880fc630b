"""What the web process is told: where the data lies, its port; and what the site's settings say."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from host.settings.site import SiteSettings
from host.store import database, place, settings
from host.store.database import StoreFault
from shared.errors import BadSetting

DEFAULT_PORT = 8080
STALE_AFTER_CYCLES = 3
"""A value older than so many readout cycles is greyed: old data never looks live."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """data: folder with the database and core's socket. cycle_s: the common readout cycle (s).

    names: what this machine may be called in the address of a page; an address in digits always.
    """

    data: Path
    port: int = DEFAULT_PORT
    cycle_s: int = 900
    names: frozenset[str] = frozenset({"localhost"})

    @property
    def site(self) -> SiteSettings:
        """The site's settings as they are stored now.

        Those of a new site where there is no database yet, or one that cannot be read: the page of
        that fault has to be drawn, too.
        """
        path = place.of(self.data)
        if isinstance(path, Path) and not path.exists():
            return SiteSettings()
        try:
            with database.reading(path) as session:
                return settings.load(session, SiteSettings)
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
