"""What the person at the terminal sees of a scan: a line for each meter, and one that moves.

The meters go to standard output, the moving line to standard error if that is a terminal.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from host.device.facts import ScanState
from host.readout import telegram_table
from shared.errors import MbuslinkError

Row = dict[str, Any]


class Watch:
    """Tells of one scan. rows: the meters found, as services have them."""

    def __init__(self, *, as_json: bool) -> None:
        self.rows: list[Row] = []
        self._as_json = as_json
        self._is_live = sys.stderr.isatty()
        self._state: ScanState | None = None
        self._error: MbuslinkError | None = None

    def found(self, rows: Sequence[Row]) -> None:
        """Print the meters that are new."""
        for row in rows:
            self.rows.append(row)
            if not self._as_json:
                self._moving("")
                print(_line(row), flush=True)

    def settle(self, rows: Sequence[Row]) -> None:
        """Take the meters as they are in the end, and print those that are otherwise than told."""
        told = [_line(row) for row in self.rows]
        self.rows = list(rows)
        for line in map(_line, rows):
            if line not in told and not self._as_json:
                self._moving("")
                print(line, flush=True)

    def progress(self, state: ScanState) -> None:
        """Move the line on."""
        self._state = state
        if state.running and state.error is not None:
            self.waiting(state.error)
            return
        left = "" if state.left_s is None else f", about {_duration(state.left_s)} left"
        self._moving(
            f"{state.permille // 10} % {state.found} found, {state.probes} probes,"
            f" {state.collisions} collisions at {state.baud} baud{left}"
        )

    def waiting(self, error: MbuslinkError) -> None:
        """Say that the link or the bus is lost and comes back by itself."""
        self._moving(f"waiting: {error}")

    def failed(self, error: MbuslinkError) -> None:
        """Keep why it failed, for the end."""
        self._error = error

    def end(self) -> None:
        """Print the result."""
        self._moving("")
        state, error = self._state, self._error
        if self._as_json:
            told = {
                "end": "failed" if error else state and state.end,
                "probes": state.probes if state else 0,
                "collisions": state.collisions if state else 0,
                "elapsed_s": state.elapsed_s if state else 0,
                "error": error and {"key": error.key, "detail": str(error)},
                "found": self.rows,
            }
            print(json.dumps(told, ensure_ascii=False))
        elif state is not None:
            how = "" if state.end == "done" and not error else f" ({state.end or 'not at its end'})"
            print(
                f"{len(self.rows)} meters found, {state.probes} probes, {state.collisions}"
                f" collisions, {_duration(state.elapsed_s)}{how}",
                file=sys.stderr,
            )
        if error is not None:
            print(f"mbuslink: scan failed: {error}", file=sys.stderr)

    def _moving(self, text: str) -> None:
        if self._is_live:
            shown = telegram_table.printable(text)[:78]
            print(f"\r\x1b[K{shown}", end="", file=sys.stderr, flush=True)


def _line(row: Row) -> str:
    """Return a found meter as a line: address, the other address, rates, what it is to us."""
    parts = [f"{row['address']:16}"]
    other = row["primary"] if row["address"] == row["secondary"] else row["secondary"]
    parts.append(f"{'' if other is None else other:>16}")
    parts.append(",".join(map(str, row["bauds"])))
    if row["segment"] > 1:
        parts.append(f"segment {row['segment']}")
    if "standing" in row:
        differences = f" ({', '.join(row['differences'])})" if row["differences"] else ""
        parts.append(row["standing"] + differences)
    if row["trouble"]:
        parts.append(_TROUBLES.get(row["trouble"], str(row["trouble"])))
    return "  ".join(parts).rstrip()


_TROUBLES = {
    "garbled_answer": "two meters answer here, or one answers rubbish",
    "no_answer": "acknowledges, but gives no data",
}


def _duration(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min {seconds % 60} s"
