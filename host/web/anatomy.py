"""A telegram taken apart for the eye: which bytes are what, from the first 68h to the last 16h.

Pure: a frame in, its hex dump, its header fields and its records out. A telegram that cannot be
decoded still gets its dump and what was read of it.
"""

from dataclasses import dataclass, field

from host.readout import telegrams
from host.readout.telegrams import RecordLine
from host.texts.catalogue import N_
from shared.errors import MbuslinkError

BYTES_A_ROW = 16

# offset, length, what it is; EN 13757-2 5.2 (frame) and EN 13757-3 6.2 (header of CI 72h/76h)
_FRAME_FIELDS = (
    (0, 4, N_("Start and length")),
    (4, 1, N_("C field")),
    (5, 1, N_("Address")),
    (6, 1, N_("CI field")),
)
_LONG_HEADER = (
    (7, 4, N_("Serial number")),
    (11, 2, N_("Manufacturer")),
    (13, 1, N_("Version")),
    (14, 1, N_("Medium")),
    (15, 1, N_("Access number")),
    (16, 1, N_("Status")),
    (17, 2, N_("Signature")),
)
_FIXED_HEADER = (
    (7, 4, N_("Serial number")),
    (11, 1, N_("Access number")),
    (12, 1, N_("Status")),
    (13, 2, N_("Medium and units")),
)
_HEADERS = {0x72: _LONG_HEADER, 0x76: _LONG_HEADER, 0x73: _FIXED_HEADER, 0x77: _FIXED_HEADER}
_END = N_("Checksum and stop")


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes that belong together. key: names it on the page; name: msgid, "" for a record."""

    key: str
    offset: int
    length: int
    name: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Byte:
    """One byte of the dump and the part it belongs to."""

    hex: str
    part: str


@dataclass(frozen=True, slots=True)
class Anatomy:
    """One telegram: its head (fields), its records, its dump, and why it cannot be read, if so."""

    frame: bytes
    head: list[Part]
    records: list[RecordLine]
    error: str | None
    status: list[str] = field(default_factory=list[str])
    manufacturer: str | None = None
    serial: str | None = None
    version: int | None = None
    medium: int | None = None
    access_no: int | None = None
    more: bool = False

    def length_text(self) -> str:
        """Return the L field and what it counts."""
        return f"L = {self.frame[1]}" if len(self.frame) > 1 else ""

    def dump(self) -> list[tuple[str, list[Byte]]]:
        """Return the rows of the hex dump: the offset's text and at most 16 bytes."""
        owner = [""] * len(self.frame)
        for part in self.head:
            owner[part.offset : part.offset + part.length] = [part.key] * part.length
        for number, record in enumerate(self.records):
            end = record["offset"] + record["length"]
            owner[record["offset"] : end] = [f"r{number}"] * record["length"]
        cells = [Byte(f"{byte:02X}", part) for byte, part in zip(self.frame, owner, strict=False)]
        rows = range(0, len(cells), BYTES_A_ROW)
        return [(f"{start:03X}", cells[start : start + BYTES_A_ROW]) for start in rows]


def dissect(frame: bytes) -> Anatomy:
    """Return the anatomy of one RSP_UD `frame`; never raises."""
    try:
        decoded = telegrams.decode(frame)
    except MbuslinkError as error:
        return Anatomy(frame, _head(frame), [], str(error))
    return Anatomy(
        frame,
        _head(frame),
        telegrams.explain(decoded),
        decoded.error,
        telegrams.status_flags(decoded.status),
        decoded.manufacturer,
        decoded.id,
        decoded.version,
        decoded.medium,
        decoded.access_no,
        decoded.more,
    )


def _head(frame: bytes) -> list[Part]:
    """Return the fields before and after the records, as far as the frame goes."""
    fields = _FRAME_FIELDS + (_HEADERS.get(frame[6], ()) if len(frame) > 6 else ())
    fields += ((len(frame) - 2, 2, _END),)
    return [
        Part(f"h{offset}", offset, length, name, frame[offset : offset + length].hex(" ").upper())
        for offset, length, name in fields
        if offset >= 0 and offset + length <= len(frame)
    ]
