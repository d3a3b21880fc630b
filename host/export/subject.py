"""What a file is about: a meter and its readings, and who the meter says it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from host.readout import telegrams
from host.readout.telegrams import Telegram
from host.settings.value import NOTHING, OwnValues
from host.store.block import Block
from host.store.meters import Meter
from host.store.readings import Reading
from host.texts.catalogue import DEFAULT_LANGUAGE, gettext

_MEDIUM_PARTS = re.compile(r"(.+): (.)(.*)")

Pieces = Callable[[], Iterable[Sequence[Block]]]
"""Gives the readings in order of time, some blocks at once; may be asked more than once."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A meter and its readings. latest() gives its newest one, in the period or not.

    survey: the same pieces, for a first look at what there is, which is no progress. own: the
    settings of its values.
    """

    meter: Meter
    pieces: Pieces
    latest: Callable[[], Reading | None] = lambda: None
    survey: Pieces | None = None
    own: OwnValues = NOTHING

    def surveyed(self) -> Iterable[Sequence[Block]]:
        """Give the readings for a first look."""
        return (self.survey or self.pieces)()


@dataclass(frozen=True, slots=True)
class Who:
    """A meter's identity as text, "" for what is not known."""

    primary: str
    serial: str
    manufacturer: str
    version: str
    medium: str
    medium_code: int | None


def who(meter: Meter, said: Telegram | None, language: str) -> Who:
    """Return whose readout it is: by the telegram that tells it, else by the meter's row."""
    serial = (said.id if said else meter.serial) or ""
    version = said.version if said else meter.version
    medium = meter.medium if said is None or meter.meter_type is not None else said.medium
    return Who(
        primary="" if meter.primary is None else str(meter.primary),
        serial=str(int(serial)) if serial.isdecimal() else serial,
        manufacturer=(said.manufacturer if said else meter.manufacturer) or "",
        version="" if version is None else str(version),
        medium=_medium(medium, language),
        medium_code=medium,
    )


def _medium(code: int | None, language: str) -> str:
    """Return the medium as the manual writes it: "Heat (outlet)" for our "Heat: Outlet"."""
    text = telegrams.medium_text(code) or ""
    if language != DEFAULT_LANGUAGE:
        return gettext(language, text)
    parts = _MEDIUM_PARTS.fullmatch(text)
    return f"{parts[1]} ({parts[2].lower()}{parts[3]})" if parts else text
