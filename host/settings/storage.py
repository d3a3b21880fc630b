"""For how long readings are kept."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import BadSetting

KEEP_DAYS_MAX = 36_500


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """keep_days: readings of so many days (UTC) are kept, 0 for all of them.

    Raises `BadSetting` for a value out of its range.
    """

    keep_days: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.keep_days <= KEEP_DAYS_MAX:
            raise BadSetting(f"{self.keep_days} days: choose 1 to {KEEP_DAYS_MAX}, or 0 for ever")
