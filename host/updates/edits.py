"""Changes in a source's text that leave each line the line it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Place = tuple[int, int]  # line from 1, byte from 0


@dataclass(frozen=True)
class Edit:
    """Text to put in the place of what stands from `start` to `end`."""

    start: Place
    end: Place
    text: str


def place_of(node: Any) -> tuple[Place, Place]:
    """Return where `node` starts and ends."""
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def applied(text: str, edits: Iterable[Edit]) -> str:
    """Return `text` with the `edits` made; each line stays the line it is."""
    lines = [line.encode() for line in text.splitlines(keepends=True)]
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        (first, start), (last, end) = edit.start, edit.end
        rest = lines[last - 1][end:]
        lines[first - 1] = lines[first - 1][:start] + edit.text.encode()
        if first == last:
            lines[first - 1] += rest
        else:
            lines[first - 1] += b"\n"
            for between in range(first, last - 1):
                lines[between] = b"\n"
            lines[last - 1] = rest
    return b"".join(lines).decode()
