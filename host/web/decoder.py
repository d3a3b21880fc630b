"""What the pages need of the decoder, with types: `shared` runs on small Pythons, without them."""

from typing import Any

from shared import quantities, reading
from shared.mbus import media, report, telegram

RecordLine = dict[str, Any]
"""One record as `shared.mbus.report.explain` describes it, with "modifiers" and "is_float"."""

_media: Any = media
_quantities: Any = quantities
_reading: Any = reading
_report: Any = report
_telegram: Any = telegram


def decode(frame: bytes) -> Any:
    """Return the `Telegram` of a frame. Raises `MbuslinkError` when there is none in it."""
    return _telegram.decode(frame)


def explain(decoded: Any) -> list[RecordLine]:
    """Return the records of a `Telegram`, explained."""
    lines: list[RecordLine] = list(_report.explain(decoded))
    for line, record in zip(lines, decoded.records, strict=True):
        line["modifiers"] = _reading.modifiers(record)
        line["is_float"] = _reading.is_float(record)
    return lines


def status_flags(status: int | None) -> list[str]:
    """Return the keys of the bits that are set in a status byte."""
    return list(_report.status_flags(status))


def symbol(unit: str) -> str:
    """Return a base unit as a person writes it ("m^3" gives "m³")."""
    return _quantities.symbol(unit)


def medium_name(code: int) -> str:
    """Return the msgid of the medium `code` (0-255)."""
    return _media.medium(code)
