"""Frames written as hex text, one a line, as people paste them from logs and analysers.

Tolerant of separators and prefixes, strict about everything else: a line that is not hex is named
with its fault, never skipped in silence. Memory is bounded whatever the input is: a line is read up
to `LONGEST_LINE` bytes and the rest of it passed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

LONGEST_LINE = 65536  # bytes; the longest frame (261 bytes) needs 1,305 as "0x68,"
_SEPARATORS = bytes.maketrans(b":;,-_'\"[](){}", b" " * 13)
_MARK = b"\xef\xbb\xbf"  # what Windows editors put in front of UTF-8


@dataclass(frozen=True)
class Line:
    """One line that holds something: `frame` (bytes), or a `fault` (text) that says why not."""

    number: int
    frame: bytes
    fault: str | None = None


def lines(source: BinaryIO) -> Iterator[Line]:
    """Yield a `Line` for every line of `source` that is not blank or a comment, as they come."""
    number = 0
    while raw := source.readline(LONGEST_LINE):
        number += 1
        whole = raw.endswith(b"\n") or len(raw) < LONGEST_LINE
        text = raw.removeprefix(_MARK) if number == 1 else raw
        length = len(raw) if whole else len(raw) + _pass_over(source)
        if not text.partition(b"#")[0].strip():
            continue
        if whole or b"#" in text:
            yield _parse(number, text)
        else:
            yield Line(number, b"", f"the line is too long for a frame ({length} bytes)")


def _pass_over(source: BinaryIO) -> int:
    """Read on to the end of the line; return how many bytes that was."""
    length = 0
    while raw := source.readline(LONGEST_LINE):
        length += len(raw)
        if raw.endswith(b"\n"):
            break
    return length


def _parse(number: int, text: bytes) -> Line:
    """Return the line numbered `number`: its frame, or the fault with the first wrong word."""
    words = text.partition(b"#")[0].translate(_SEPARATORS).split()
    digits: list[bytes] = []
    for word in words:
        bare = word[2:] if word[:2] in (b"0x", b"0X", b"\\x") else word
        bare = bare.replace(b"\\x", b"")
        if not bare or bare.strip(b"0123456789abcdefABCDEF"):
            shown = word[:20].decode("ascii", "backslashreplace")
            return Line(number, b"", f"not hex: {shown!r}")
        digits.append(b"0" + bare if len(bare) == 1 and len(words) > 1 else bare)
    joined = b"".join(digits)
    if len(joined) % 2:
        return Line(number, b"", f"an odd number of hex digits ({len(joined)})")
    return Line(number, bytes.fromhex(joined.decode("ascii")))
