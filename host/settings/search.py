"""What only experts set of a scan (manual 6.4.1); asked each time, never stored."""

from __future__ import annotations

from typing import Annotated, ClassVar

from host.settings import checks
from host.settings.chapter import Chapter, setting
from host.settings.meter import SEGMENTS
from host.texts.catalogue import N_


class SearchSettings(Chapter):
    """How a scan goes about it. segment: None for all outputs at once."""

    TITLE: ClassVar[str] = N_("Scan")
    HELP: ClassVar[str] = N_("How the bus is searched.")
    MANUAL: ClassVar[str] = "6.4.1"

    segment: Annotated[int, checks.one_of(SEGMENTS)] | None = setting(
        None,
        N_("Output"),
        N_("Which M-Bus output of the logger is searched; none chosen: all at once."),
        kind="choice",
        choices=[(number, str(number)) for number in SEGMENTS],
        expert=True,
    )
    backward: bool = setting(
        False,
        N_("Search backwards, from the last digit on"),
        N_("Quicker where the serial numbers begin alike; only by secondary address."),
        kind="flag",
        expert=True,
    )
