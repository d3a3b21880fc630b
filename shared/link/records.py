"""Records: how one JSON value travels on a byte stream that other things also write to.

    RS (1Eh)   JSON text, ASCII only   CRC-32 of the text, 8 hex digits   LF

An RS always begins a record, whatever came before it, so a reader is in step again at the next one
after any noise. Text outside records (a traceback, a `print`, the prompt of the REPL) is console
text. No control byte but RS and LF is ever written: JSON escapes them, so no record can look like
the Ctrl-C or Ctrl-D of a REPL that shares the line.

The reader's memory is bounded: a record longer than `longest` is dropped, console lines are cut.
This file knows nothing of JSON-RPC (`conversation`) or of what the messages mean (`messages`).
After RFC 7464, with a check word because a serial line can change a digit.
"""

import json
from binascii import crc32, hexlify

from shared.compat import const
from shared.errors import BadSetting

RECORD = "record"  # the JSON text of a whole record, bytes
CONSOLE = "console"  # a line of text from outside the records, printable text
DAMAGED = "damaged"  # the beginning of a record whose check word does not fit, printable text

_RS = b"\x1e"
_LF = b"\n"
_CRC_DIGITS = const(8)
_PIECE = const(256)


def pieces(value):
    """Yield the record of `value` in pieces of a few hundred bytes, written as they are asked for.

    `value` is made of dict (text keys), list, tuple, text, int, bool, None and bytes, which become
    hex text. A long answer so never exists as one string on a small board. Raises BadSetting on
    anything else, floats included.
    """
    piece = bytearray(_RS)
    crc = 0
    for text in _json(value):
        text = text.encode()
        crc = crc32(text, crc)
        piece += text
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece = bytearray()
    piece += b"%08x\n" % (crc & 0xFFFFFFFF)
    yield bytes(piece)


def encode(value):
    """Return the whole record of `value` as bytes; see `pieces`."""
    return b"".join(pieces(value))


def _json(value):
    """Yield the JSON text of `value` in pieces of ASCII text, without spaces."""
    if isinstance(value, dict):
        lead = "{"
        for key in value:
            yield lead + _quoted(key) + ":"
            yield from _json(value[key])
            lead = ","
        yield "{}" if lead == "{" else "}"
    elif isinstance(value, (list, tuple)):
        lead = "["
        for item in value:
            yield lead
            yield from _json(item)
            lead = ","
        yield "[]" if lead == "[" else "]"
    else:
        yield _scalar(value)


def _scalar(value):
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return '"' + hexlify(bytes(value)).decode() + '"'
    raise BadSetting("%s cannot travel on the link: %s" % (type(value).__name__, repr(value)[:40]))


def _quoted(text):
    if not isinstance(text, str):
        raise BadSetting("a key must be text, not " + repr(text)[:40])
    quoted = json.dumps(text)
    if len(quoted.encode()) == len(quoted):
        return quoted
    return "".join([_escaped(c) for c in quoted])  # MicroPython leaves these as UTF-8


def _escaped(character):
    code = ord(character)
    if code < 0x80:
        return character
    if code < 0x10000:
        return "\\u%04x" % code
    code -= 0x10000
    return "\\u%04x\\u%04x" % (0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF))


def printable(data):
    """Return `data` (bytes) as ASCII text, everything else written as \\xNN."""
    return "".join([chr(b) if 32 <= b < 127 or b == 9 else "\\x%02x" % b for b in data])


class RecordReader:
    """Finds records and console text in a stream of bytes.

    longest: bytes of JSON text plus check word that a record may have.
    console_longest: bytes kept of a console line or of a damaged record; 0 keeps none.

    `damaged` counts records that were dropped, `dropped` bytes outside whole records that nobody
    was shown. Both only grow.
    """

    def __init__(self, longest, console_longest=256):
        self._longest = longest
        self._console_longest = console_longest
        self._inside = False  # after an RS
        self._overlong = False  # the record under way is too long: skip the rest of it
        self._buffer = bytearray()
        self.damaged = 0
        self.dropped = 0

    def feed(self, data):
        """Take received bytes; return a list of (kind, content) in the order of the stream."""
        found = []
        chunks = bytes(data).split(_RS)
        self._take(chunks[0], found)
        for chunk in chunks[1:]:
            self._interrupted(found)
            self._inside = True
            self._take(chunk, found)
        return found

    def line(self):
        """Return the console line under way as text (a prompt has no LF), "" inside a record."""
        return "" if self._inside else printable(self._buffer)

    def held(self):
        """Return how many bytes wait here for the rest of their record or line."""
        return len(self._buffer)

    def _take(self, chunk, found):
        lines = chunk.split(_LF)
        for line in lines[:-1]:
            self._keep(line)
            if self._inside:
                self._end_of_record(found)
            else:
                self._end_of_line(found)
        self._keep(lines[-1])

    def _keep(self, data):
        room = (self._longest if self._inside else self._console_longest) - len(self._buffer)
        if len(data) > room:
            self._overlong = self._overlong or self._inside
            self.dropped += len(data) - room
            data = data[:room]
        self._buffer += data

    def _interrupted(self, found):
        """An RS came: what was under way ends here."""
        if not self._inside:
            self._end_of_line(found)
        elif self._buffer:
            self._damaged(found)

    def _end_of_record(self, found):
        record = self._without_cr()
        text = bytes(record[:-_CRC_DIGITS])
        check = b"%08x" % (crc32(text) & 0xFFFFFFFF)
        if text and not self._overlong and bytes(record[-_CRC_DIGITS:]) == check:
            found.append((RECORD, text))
            self._clear()
        else:
            self._damaged(found)

    def _end_of_line(self, found):
        text = printable(self._without_cr())
        if text:
            found.append((CONSOLE, text))
        self._clear()

    def _damaged(self, found):
        self.damaged += 1
        self.dropped += len(self._buffer)
        if self._console_longest:
            found.append((DAMAGED, printable(self._buffer[: self._console_longest])))
        self._clear()

    def _without_cr(self):
        """Return the buffer without the CR of a console that writes CR LF for LF."""
        buffer = self._buffer
        return buffer[:-1] if buffer and buffer[-1] == 13 else buffer

    def _clear(self):
        self._buffer = bytearray()
        self._inside = False
        self._overlong = False
