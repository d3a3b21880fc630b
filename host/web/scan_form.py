"""The form of a scan: what it may say, what the core is then asked for, and how long that takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from host.settings.meter import SEGMENTS
from host.settings.readout import BAUDS
from host.texts.catalogue import N_
from shared.errors import BadAddress
from shared.mbus import estimate, timing
from shared.mbus.addresses import parse_address

LOWEST, HIGHEST = 1, 250
"""Primary addresses that are scanned (manual 6.4.1)."""

RANGE_ERROR = N_("Range error")
_WHY_RANGE = N_("Primary addresses go from 1 to 250, and the first is the lower one.")
_WHY_MASK = N_("Enter the first digits of the numbers, 1 to 8, or a whole address of 16 digits.")
_WHY_BAUD = N_("Choose at least one baud rate.")

_MASK_DIGITS = (8, 16)
_PROBES_A_METER = 3.5  # of a search by secondary address: tools/bench/scan.py
_PROBES = 12  # at a rate at which nobody answers
_SELECT_BYTES = 18
_REQUEST_BYTES = 5
_START_S = 1.5  # at each rate, before the first meter is asked for


@dataclass(frozen=True, slots=True)
class ScanForm:
    """What somebody has typed; texts as they came.

    problems: by field, the msgids of why it cannot be.
    """

    by: str = "secondary"
    first: str = str(LOWEST)
    last: str = str(HIGHEST)
    mask: str = ""
    bauds: tuple[int, ...] = (2400,)
    backward: bool = False
    segment: int | None = None

    @classmethod
    def of(cls, sent: Mapping[str, str], bauds: Sequence[str]) -> ScanForm:
        """Return the form that was `sent`; bauds: the rates that were marked."""
        segment = sent.get("segment", "")
        return cls(
            by="primary" if sent.get("by") == "primary" else "secondary",
            first=sent.get("first", "").strip(),
            last=sent.get("last", "").strip(),
            mask=sent.get("mask", "").strip(),
            bauds=tuple(baud for baud in BAUDS if str(baud) in bauds),
            backward=sent.get("backward") == "on",
            segment=int(segment) if segment in map(str, SEGMENTS) else None,
        )

    @property
    def problems(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        if self.by == "primary" and self._range() is None:
            found["range"] = (RANGE_ERROR, _WHY_RANGE)
        if self.by == "secondary" and self._mask() is None:
            found["mask"] = (_WHY_MASK,)
        if not self.bauds:
            found["bauds"] = (_WHY_BAUD,)
        return found

    def wanted(self) -> dict[str, Any]:
        """Return the params of `scan.start`; only of a form without problems."""
        first, last = self._range() or (LOWEST, HIGHEST)
        return {
            "by": self.by,
            "first": first,
            "last": last,
            "mask": self._mask() or "FFFFFFFF",
            "backward": self.backward and self.by == "secondary",
            "bauds": list(self.bauds),
            "segment": self.segment,
        }

    def seconds(self, meters: int) -> int:
        """Return about how long it takes while `meters` answer, each at every rate."""
        return round(sum(self._seconds_at(baud, meters) for baud in self.bauds))

    def _seconds_at(self, baud: int, meters: int) -> float:
        line = cast(Any, timing)
        window_ms = line.answer_window_ms(baud) + line.bits_ms(line.IDLE_BITS, baud)
        reading_ms = estimate.reading_ms(baud, snd_nke=False)
        if self.by == "primary":
            first, last = self._range() or (LOWEST, HIGHEST)
            addresses = last + 1 - first
            present = min(meters, addresses)
            silent_ms = 2 * (window_ms + line.wire_ms(_REQUEST_BYTES, baud))
            ms = (addresses - present) * silent_ms + present * (reading_ms + window_ms)
        else:
            probe_ms = window_ms + line.wire_ms(_SELECT_BYTES, baud)
            ms = (_PROBES + _PROBES_A_METER * meters) * probe_ms + meters * reading_ms
        return _START_S + ms / 1000

    def _range(self) -> tuple[int, int] | None:
        first, last = self.first, self.last
        if not all(text.isascii() and text.isdigit() and len(text) < 6 for text in (first, last)):
            return None
        low, high = int(first), int(last)
        return (low, high) if LOWEST <= low <= high <= HIGHEST else None

    def _mask(self) -> str | None:
        """Return the mask with all its digits; the first ones of a number are enough."""
        mask = self.mask.upper().replace("*", "").replace("?", "F")
        if len(mask) < _MASK_DIGITS[0]:
            mask = mask.ljust(_MASK_DIGITS[0], "F")
        try:
            parsed = parse_address(mask)
        except BadAddress:
            return None
        return None if parsed.secondary is None else mask
