"""For how long readings are kept."""

from __future__ import annotations

from typing import ClassVar

from host.settings.chapter import Chapter, setting
from host.texts.catalogue import N_

KEEP_DAYS_MAX = 36_500


class StorageSettings(Chapter):
    """keep_days: readings of so many days (UTC) are kept, 0 for all of them."""

    TITLE: ClassVar[str] = N_("Storage")
    HELP: ClassVar[str] = N_("Ten years of 250 meters fit on a small memory card.")
    MANUAL: ClassVar[str] = ""

    keep_days: int = setting(
        0,
        N_("Keep readings for"),
        N_("Older readings are deleted in the next night, and cannot be had back. 0: for ever."),
        kind="number",
        unit=N_("days"),
        low=0,
        high=KEEP_DAYS_MAX,
    )
