"""A decoded telegram as a table for a terminal.

Takes the dict of `shared.mbus.report.as_dict` and nothing else, so that a telegram from a file,
from the board or from the database looks the same. What a meter sends as text is hostile: control
and escape characters never reach the terminal.
"""

from collections.abc import Mapping, Sequence
from typing import Any

_HEADINGS = ("function", "storage", "tariff", "subunit", "name", "value", "unit", "raw")
_RIGHT = ("storage", "tariff", "subunit", "value")
_WIDEST = 48  # characters; longer cells are cut, the JSON output has them whole


def table(report: Mapping[str, Any], number: int | None = None) -> str:
    """Return the telegram `report` as lines without a final newline.

    `number`, where given, is the line it came from and is shown in front.
    """
    lines = [_header(report, number)]
    if not report["ok"]:
        lines.append("  error: " + printable(report["error"] or "unknown"))
    if report["records"]:
        lines += _columns(report["records"])
    return "\n".join(lines)


def printable(text: object) -> str:
    """Return `text` with everything that could move a cursor written as an escape."""
    shown = (
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in str(text)
    )
    return "".join(shown)


def _header(report: Mapping[str, Any], number: int | None) -> str:
    parts = [] if number is None else [f"#{number}"]
    if report["id"] is not None:
        parts.append(" ".join(printable(report[key] or "") for key in ("manufacturer", "id")))
    for key, form in (
        ("medium", "{}"),
        ("version", "version {}"),
        ("access_no", "access {}"),
        ("status", "status {}h"),
        ("signature", "signature {}h"),
        ("ci", "CI {:02X}h"),
    ):
        value = report[key]
        if value is not None:
            parts.append(form.format(printable(value) if isinstance(value, str) else value))
    if report["more"]:
        parts.append("more records follow")
    return "  ".join(parts) if parts else "no frame"


def _columns(records: Sequence[Mapping[str, Any]]) -> list[str]:
    headings = _HEADINGS
    if any("error" in record for record in records):
        headings = (*_HEADINGS, "error")
    rows = [headings, *(tuple(_cell(record.get(key)) for key in headings) for record in records)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(headings))]
    lines: list[str] = []
    for row in rows:
        cells = (
            cell.rjust(width) if heading in _RIGHT else cell.ljust(width)
            for cell, width, heading in zip(row, widths, headings, strict=True)
        )
        lines.append(("  " + "  ".join(cells)).rstrip())
    lines.insert(1, "  " + "  ".join("-" * width for width in widths))
    return lines


def _cell(value: object) -> str:
    text = "" if value is None else printable(value)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
