"""The cells of CSV: exact decimal numbers, a column at a time, and texts that do no harm.

What a meter or a user wrote is hostile: a text that a spreadsheet would take for a formula is
prefixed with an apostrophe, a number never is. Quoting is that of RFC 4180: only where needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

from host.readout import telegrams
from host.readout.telegrams import Record
from shared import scaled

LINE_END = "\r\n"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_TABLE_PLACES = 4
"""Up to so many decimal places, what stands behind the mark comes from a table."""

_exact = cast(Callable[[int, int], str], cast(Any, scaled).text)


class CsvStyle:
    """Cells with this separator and decimal mark."""

    def __init__(self, separator: str, mark: str) -> None:
        self._separator = separator
        self._mark = mark
        self._special = (separator, '"', "\r", "\n")

    def numbers(self, mantissas: Sequence[int], exponent: int) -> Sequence[str]:
        """Return the cells of mantissas x 10**exponent (0 or less)."""
        texts = decimals(mantissas, exponent, self._mark)
        if self._mark == self._separator and exponent:
            return [self.quoted(text) for text in texts]
        return texts

    def decimals(self, texts: Sequence[str]) -> Sequence[str]:
        """Return the cells of numbers in decimal text."""
        if self._mark == ".":
            return texts
        return [self.quoted(text.replace(".", self._mark)) for text in texts]

    def moments(self, seconds: Sequence[int]) -> Sequence[str]:
        """Return the cells of moments in Unix seconds."""
        return list(map(repr, seconds))

    def cell(self, record: Record) -> str:
        """Return the cell of any value."""
        text = telegrams.csv_value(record)
        if telegrams.scaled(record) is not None:
            return self.quoted(text.replace(".", self._mark) if self._mark != "." else text)
        seconds = unix_seconds(text) if telegrams.csv_unit(record) == "UTC" else None
        return self.text(text) if seconds is None else seconds

    def text(self, text: str) -> str:
        """Return the cell of a text."""
        return self.quoted(disarmed(text))

    def quoted(self, text: str) -> str:
        """Return `text` as it stands in the file."""
        for one in self._special:
            if one in text:
                return '"' + text.replace('"', '""') + '"'
        return text


def disarmed(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula."""
    return "'" + text if text.startswith(_FORMULA) else text


def unix_seconds(text: str) -> str | None:
    """Return a date and time (ISO 8601) as Unix seconds; None for what is no moment."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return str(int(moment.replace(tzinfo=UTC).timestamp()))


def decimals(mantissas: Sequence[int], exponent: int, mark: str = ".") -> Sequence[str]:
    """Return mantissas x 10**exponent (0 or less) as exact decimal text, no zeros to spare."""
    if exponent == 0:
        return list(map(repr, mantissas))  # as str, and quicker
    distinct = set(mantissas)
    if 2 * len(distinct) < len(mantissas):  # what comes back is written once
        some = list(distinct)
        texts = dict(zip(some, _decimals(some, exponent, mark), strict=True))
        return list(map(texts.__getitem__, mantissas))
    return _decimals(mantissas, exponent, mark)


def _decimals(mantissas: Sequence[int], exponent: int, mark: str) -> Sequence[str]:
    if exponent < -_TABLE_PLACES:
        return [_exact(number, exponent).replace(".", mark) for number in mantissas]
    whole: int = 10**-exponent
    behind = _behind(-exponent, mark)
    if min(mantissas) >= 0:
        return [str(number // whole) + behind[number % whole] for number in mantissas]
    return [
        str(number // whole) + behind[number % whole]
        if number >= 0
        else "-" + str(-number // whole) + behind[-number % whole]
        for number in mantissas
    ]


@cache
def _behind(places: int, mark: str) -> list[str]:
    """Return what stands behind the whole part, mark included, for each rest of 10**places."""
    texts = [f"{mark}{rest:0{places}}".rstrip("0") for rest in range(10**places)]
    return ["", *texts[1:]]
