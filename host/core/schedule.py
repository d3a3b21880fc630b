"""What the board shall read by itself: the meters and their settings as the link's schedule.

Pure. The revision is the name of the contents: two hosts with the same meters give the same one,
and a board that has it needs nothing.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from host.device.facts import TooShort
from host.settings.readout import ReadoutSettings
from host.store.meters import Meter
from shared import schedule
from shared.board_inputs import is_input
from shared.link.messages import MOST_OFFSETS, MOST_SCHEDULED
from shared.mbus.estimate import reading_ms

PIECE_BYTES = 1200
PIECE_METERS = 16
"""Of one message: half of what the link takes, for a board whose memory is in many bits."""

_YEARS = 5
_HOUR_S = 3600
_DAY_S = 24 * _HOUR_S


@dataclass(frozen=True, slots=True)
class Schedule:
    """revision: 8 hex digits; header: cycle, reading dates, offsets; meters: as on the link."""

    revision: str
    header: dict[str, Any]
    meters: Sequence[dict[str, Any]]

    def pieces(self) -> Iterator[dict[str, Any]]:
        """Yield the params of each schedule.set, in order."""
        first = 0
        while True:
            piece: list[dict[str, Any]] = []
            room = PIECE_BYTES
            if first == 0:
                room -= len(json.dumps(self.header))
            for meter in self.meters[first : first + PIECE_METERS]:
                room -= len(json.dumps(meter))
                if piece and room < 0:
                    break
                piece.append(meter)
            yield {
                **self.header,
                "revision": self.revision,
                "total": len(self.meters),
                "first": first,
                "meters": piece,
            }
            first += len(piece)
            if first >= len(self.meters):
                return


def build(known: Sequence[Meter], settings: ReadoutSettings, zone: str, now_s: int) -> Schedule:
    """Return the schedule of these meters, the first 250 of them.

    zone: the site's (IANA name, "" for UTC), by which the reading dates go.
    """
    asked = [meter for meter in known if not is_input(meter.address)]  # the board logs its own
    meters = [_meter(meter) for meter in asked[:MOST_SCHEDULED]]
    dates = [list(rule) for rule in settings.dates]
    header: dict[str, Any] = {
        "cycle_s": settings.cycle_s,
        "dates": dates,
        "offsets": offsets(zone, now_s) if dates else [],
    }
    contents = json.dumps([header, meters], sort_keys=True).encode()
    return Schedule(f"{zlib.crc32(contents):08x}", header, meters)


def _meter(meter: Meter) -> dict[str, Any]:
    """Return a meter as on the link, without what is as with most meters."""
    how: dict[str, Any] = {"address": meter.address}
    for name, usual in (
        ("segment", 1),
        ("baud", 2400),
        ("cycle_s", None),
        ("per_day", None),
        ("snd_nke", True),
        ("application_reset", None),
        ("settle_ms", 0),
        ("retries", 2),
    ):
        if getattr(meter, name) != usual:
            how[name] = getattr(meter, name)
    return how


def offsets(zone: str, now_s: int) -> list[list[int]]:
    """Return the offsets of `zone` (IANA name, "" for UTC) from now on for years.

    Each is [from which UTC moment in s, local minus UTC in s]; the first holds already.
    """
    if not zone:
        return []
    info = ZoneInfo(zone)

    def offset_s(at_s: int) -> int:
        shift = datetime.fromtimestamp(at_s, UTC).astimezone(info).utcoffset()
        return int(shift.total_seconds()) if shift else 0

    found = [[0, offset_s(now_s)]]
    at_s = now_s // _HOUR_S * _HOUR_S
    end_s = at_s + _YEARS * 366 * _DAY_S
    while at_s < end_s and len(found) < MOST_OFFSETS:
        following = at_s + _DAY_S
        if offset_s(following) != found[-1][1]:
            while offset_s(at_s) == found[-1][1]:
                at_s += _HOUR_S // 4
            found.append([at_s, offset_s(at_s)])
        at_s = following
    return found


def guess(known: Sequence[Meter], cycle_s: int) -> TooShort | None:
    """Return why a bus will hardly meet this schedule, None when it will; no board has tried."""
    asked = [meter for meter in known if not is_input(meter.address)]
    found = schedule.too_short(cycle_s, (_load(meter, cycle_s) for meter in asked))
    return None if found is None else TooShort(*found)


def _load(meter: Meter, cycle_s: int) -> tuple[int, int, int | None]:
    ms = reading_ms(
        meter.baud,
        len(meter.address) > 3,
        meter.snd_nke,
        meter.application_reset,
        meter.settle_ms,
    )
    per_day = meter.per_day or 0
    common = meter.cycle_s is None and schedule.spacing_s(per_day) <= cycle_s
    own = cycle_s if meter.cycle_s is None else meter.cycle_s
    return meter.segment, ms, None if common else schedule.period_s(own, per_day)
