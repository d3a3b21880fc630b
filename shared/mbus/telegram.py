"""A meter's answer, decoded: `decode(frame)` -> Telegram with its header and records.

It reads CI 72h and 76h (long header), 7Ah (short header), 78h (none), 73h and 77h (the fixed
structure of old meters), 70h (application error) and 71h (alarm), and of a master's frames the data
of CI 51h and 55h. Header fields are taken apart when they are asked for; names, units and text of
the records are `shared.reading`'s.

What few telegrams need (other CIs, encryption, the words for a bad frame) is imported when one
comes, to leave a board its memory.

Source: EN 13757-3:2018; EN 13757-7:2018 for the configuration word.
"""

from shared.compat import ROOMY
from shared.errors import DecodeError
from shared.mbus import records

read_known = None
if ROOMY:
    from shared.mbus.shapes import read_known

# CI -> bytes of the header behind it; those with bit 2 send the most significant byte first.
_HEADERS = {0x72: 12, 0x76: 12, 0x7A: 4, 0x78: 0, 0x51: 0, 0x55: 0}


class Telegram:
    """One frame of a meter, taken apart. Fields that its kind does not have are None.

    `frame` bytes, `ci` int, `address` int (the A field), `records` list of tuples (`records`).
    """

    def __init__(self, frame, ci, header, found, trouble=None):
        self.frame = frame
        self.ci = ci
        self.address = frame[5]
        self.records = found
        self._header = header
        self._trouble = trouble

    @property
    def error(self):
        """Why the telegram is not whole or not to be trusted (text), else None."""
        if self._trouble is None:
            for record in self.records:
                if record[5] == records.BROKEN:
                    return record[6]
        return self._trouble

    def blame(self, trouble):
        """Say that the frame itself is not to be trusted, and why (text)."""
        self._trouble = trouble

    @property
    def more(self):
        """Whether the meter has further telegrams of this reading (DIF 1Fh)."""
        if not self.records:
            return False
        last = self.records[-1]
        return last[5] == records.RAW and last[0][last[1]] == 0x1F

    def _number(self, header, at, size):
        """Return `size` bytes at `at` of a header of `header` bytes as int, None without them."""
        at += 7
        if self._header < header or at + size > len(self.frame) - 2:
            return None
        order = "big" if self.ci & 4 else "little"
        return int.from_bytes(self.frame[at : at + size], order)

    @property
    def id(self):
        """The identification number: 8 digits, which may be hex."""
        number = self._number(8, 0, 4)
        return None if number is None else "%08X" % number

    @property
    def manufacturer(self):
        """Three letters (EN 62056-21 flag id)."""
        code = self._number(12, 4, 2)
        if code is None:
            return None
        return chr((code >> 10 & 31) + 64) + chr((code >> 5 & 31) + 64) + chr((code & 31) + 64)

    @property
    def version(self):
        return self._number(12, 6, 1)

    @property
    def medium(self):
        """The device type code (`media`); that of a fixed structure has a table of its own."""
        if self._header == 8:
            from shared.mbus import other_answers

            return other_answers.medium(self.frame, self.ci & 4)
        return self._number(12, 7, 1)

    @property
    def access_no(self):
        return self._number(4, {12: 8, 8: 4}.get(self._header, 0), 1)

    @property
    def status(self):
        return self._number(4, {12: 9, 8: 5}.get(self._header, 1), 1)

    @property
    def signature(self):
        """The signature or configuration word, 16 bits."""
        return None if self._header == 8 else self._number(4, 10 if self._header == 12 else 2, 2)


def decode(frame: bytes, key: "bytes | None" = None, decrypt: "object" = None) -> "Telegram":
    """Return the Telegram of `frame` (bytes: a whole long or control frame).

    `key` (16 bytes) and `decrypt(key, iv, data) -> bytes` (AES-128-CBC without padding) open
    encrypted telegrams of mode 5. Raises FrameError when it is no valid frame and DecodeError
    when it has no application layer to read. Whatever else is wrong stands in `error` of the
    telegram, and in the records that it concerns; all that can be read is there.
    """
    size = len(frame)
    if (
        size < 9
        or frame[0] != 0x68
        or frame[3] != 0x68
        or frame[-1] != 0x16
        or frame[1] != size - 6
        or frame[2] != size - 6
        or sum(frame[4:-2]) & 0xFF != frame[-2]
        or frame[4] & 0xCF != 8
    ):
        from shared.mbus import frames

        kind = frames.check_frame(frame)
        if kind not in ("long", "control"):
            raise DecodeError("no application data in this frame (" + kind + ")")
    if frame.__class__ is not bytes:
        frame = bytes(frame)
    ci = frame[6]
    header = _HEADERS.get(ci)
    if header is None:
        return _other(frame, ci)
    pos, end = 7 + header, size - 2
    if pos > end:
        trouble = "premature end: %d bytes of a header of %d" % (size - 9, header)
        return Telegram(frame, ci, header, [], trouble)
    if header and (frame[pos - 1] or frame[pos - 2]):
        from shared.mbus import security

        plain, found, pos = security.open_records(frame, pos, end, header, ci & 4, key, decrypt)
        found += records.read(plain, pos, end, not ci & 4)
        return Telegram(frame, ci, header, found)
    if ci == 0x72 and read_known:
        return Telegram(frame, ci, header, read_known(frame, pos, end))
    return Telegram(frame, ci, header, records.read(frame, pos, end, not ci & 4))


def _other(frame, ci):
    """Return the Telegram of a frame whose CI has no variable data structure."""
    from shared.mbus import other_answers

    header, found, trouble = other_answers.read(frame, ci)
    return Telegram(frame, ci, header, found, trouble)
