"""The frames of EN 13757-2: how they are built, checked and found in a stream of bytes.

    ACK      E5
    short    10  C A            CS 16
    control  68  L L 68  C A CI      CS 16     L = 3
    long     68  L L 68  C A CI data CS 16     L = 4..255

This file knows nothing of time and nothing of what a telegram says: `timing` and `telegram` do.
"""

from shared.compat import const
from shared.errors import FrameError

ACK = b"\xe5"

# C fields of the master (EN 13757-2:2018 Table 1). FCB is toggled, FCV says that it counts.
SND_NKE = const(0x40)
SND_UD = const(0x53)
REQ_UD2 = const(0x5B)
REQ_UD1 = const(0x5A)
FCB = const(0x20)
FCV = const(0x10)
# C field of the meter; ACD (20h) and DFC (10h) may be set too.
RSP_UD = const(0x08)

LONGEST = const(261)  # bytes of the longest frame: L = 255 and six around it
_RUBBISH = const(24)  # bytes kept of what was dropped, for the error's detail

_ACK = const(0xE5)
_SHORT = const(0x10)
_LONG = const(0x68)
_STOP = const(0x16)

# What C may be in a short frame, and in a control or long frame.
_SHORT_C = (0x40, 0x49, 0x4A, 0x5A, 0x7A, 0x4B, 0x5B, 0x7B)
_LONG_C = (0x08, 0x18, 0x28, 0x38, 0x43, 0x53, 0x73)
_RESERVED_A = (251, 252)


def short_frame(c, a):
    """Return the short frame with control field `c` to address `a` (0..255 each)."""
    return bytes((_SHORT, c, a, (c + a) & 0xFF, _STOP))


def control_frame(c, a, ci):
    """Return the control frame: `c`, `a` and `ci` (0..255 each), no data."""
    return long_frame(c, a, ci, b"")


def long_frame(c, a, ci, data):
    """Return the frame with `c`, `a`, `ci` (0..255 each) and `data` (at most 252 bytes).

    Raises FrameError when `data` is too long.
    """
    length = len(data) + 3
    if length > 255:
        raise FrameError("%d data bytes, a frame holds 252" % len(data))
    total = (c + a + ci + sum(data)) & 0xFF
    return bytes((_LONG, length, length, _LONG, c, a, ci)) + bytes(data) + bytes((total, _STOP))


def is_answer(frame):
    """Tell whether `frame` (checked) is a meter's RSP_UD."""
    return len(frame) > 6 and frame[4] & 0xCF == RSP_UD


def check_frame(frame):
    """Return the kind of `frame`: "ack", "short", "control" or "long".

    Raises FrameError, which names what is wrong and the bytes, when it is no whole valid frame:
    start, length (both alike, at least 3, as many bytes as it says), stop, checksum, C, A.
    """
    size = len(frame)
    if size == 0:
        raise FrameError("no bytes")
    start = frame[0]
    if start not in (_ACK, _SHORT, _LONG):
        raise FrameError("start %02Xh: %s" % (start, _hex(frame)))
    needed = _needed(frame, 0, size)
    if needed == 0:
        raise FrameError("length or second start: %s" % _hex(frame))
    if needed != size:
        raise FrameError("%d bytes where %d make the frame: %s" % (size, needed, _hex(frame)))
    fault = _fault(frame, 0, size)
    if fault:
        raise FrameError("%s: %s" % (fault, _hex(frame)))
    if start == _ACK:
        return "ack"
    if start == _SHORT:
        return "short"
    return "control" if size == 9 else "long"


def _needed(buffer, start, known):
    """Return how long the frame at `start` must be, judged by its `known` bytes; 0: no frame.

    A frame whose length field is not whole yet counts as the four bytes of its header.
    """
    first = buffer[start]
    if first == _LONG:
        if known > 1:
            length = buffer[start + 1]
            if length < 3 or (known > 2 and buffer[start + 2] != length):
                return 0
            if known > 3:
                return length + 6 if buffer[start + 3] == _LONG else 0
        return 4
    if first == _SHORT:
        return 5
    return 1 if first == _ACK else 0


def _fault(buffer, start, size):
    """Return what is wrong with the whole frame of `size` bytes at `start`, None if nothing."""
    if size == 1:
        return None
    if buffer[start + size - 1] != _STOP:
        return "stop %02Xh" % buffer[start + size - 1]
    body = start + (1 if size == 5 else 4)
    total = 0
    for byte in memoryview(buffer)[body : start + size - 2]:
        total += byte
    if total & 0xFF != buffer[start + size - 2]:
        return "checksum %02Xh, counted %02Xh" % (buffer[start + size - 2], total & 0xFF)
    if buffer[body] not in (_SHORT_C if size == 5 else _LONG_C):
        return "C field %02Xh" % buffer[body]
    if buffer[body + 1] in _RESERVED_A:
        return "reserved address %d" % buffer[body + 1]
    return None


def _hex(data):
    """Return `data` as hex text, shortened in the middle where it is long."""
    if len(data) > 40:
        return "%s .. %s (%d bytes)" % (data[:24].hex(), data[-8:].hex(), len(data))
    return data.hex()


class Receiver:
    """Finds the frames in what the line delivers, whatever stands between them.

    Every byte is in the end part of a returned frame, part of an echo, or counted in `dropped`.
    A false start inside noise may claim up to 261 bytes and hold back a frame that stands in
    them; `idle()` ends such a claim once the line has fallen silent. Memory is one buffer of 261
    bytes; the work per byte is bounded, whatever the bytes are.

    dropped: bytes that belonged to no frame, since the start or `reset()`
    echoes: frames that were our own, come back from the level converter
    rubbish: the first dropped bytes since `sent()`, at most 24, for an error's detail
    """

    def __init__(self):
        self._buffer = bytearray(LONGEST)
        self._end = 0
        self._echo = None
        self.dropped = 0
        self.echoes = 0
        self.rubbish = b""

    def reset(self):
        """Forget the frame under way and set the counts to zero."""
        self._end = 0
        self._echo = None
        self.dropped = 0
        self.echoes = 0
        self.rubbish = b""

    def sent(self, frame):
        """Say that `frame` goes out now: its exact copy, once, is an echo and not an answer."""
        self._echo = bytes(frame)
        self.rubbish = b""

    def expected(self):
        """Return how many bytes (1..261) the frame under way lacks, as far as it is known."""
        if self._end == 0:
            return 1
        return _needed(self._buffer, 0, self._end) - self._end

    def feed(self, data):
        """Take `data` (bytes, any number) and return the whole valid frames found, in order."""
        frames = []
        position = 0
        while position < len(data):
            count = min(LONGEST - self._end, len(data) - position)
            self._buffer[self._end : self._end + count] = data[position : position + count]
            self._end += count
            position += count
            self._scan(frames, False)
        return frames

    def idle(self):
        """Take note that the line is silent: no frame is under way. Return frames it held back."""
        frames = []
        self._scan(frames, True)
        return frames

    def _scan(self, frames, final):
        """Move whole frames from the buffer to `frames`; keep only a frame that may go on."""
        buffer = self._buffer
        start = 0
        end = self._end
        while start < end:
            size = _needed(buffer, start, end - start)
            if size > end - start:
                if not final:
                    break
                size = 0
            if size and _fault(buffer, start, size) is None:
                self._take(bytes(memoryview(buffer)[start : start + size]), frames)
                start += size
                continue
            self._drop(buffer[start])
            start += 1
        if start:
            rest = end - start
            buffer[:rest] = buffer[start:end]
            self._end = rest

    def _take(self, frame, frames):
        if frame == self._echo:
            self._echo = None
            self.echoes += 1
        else:
            frames.append(frame)

    def _drop(self, byte):
        self.dropped += 1
        if len(self.rubbish) < _RUBBISH:
            self.rubbish += bytes((byte,))
