"""What can still be read of a frame that is cut off or was spoilt: for a person who looks into it.

Nothing here is to be trusted or stored: the checksum, which says whether the bytes are those the
meter sent, is missing or wrong. So it is no part of `telegram.decode`, and a board never needs it.
"""

from shared.errors import MbuslinkError
from shared.mbus import frames, telegram

_START = b"\x68"
_HEADER = 4  # bytes before the C field


def salvage(frame, trouble, decode=telegram.decode):
    """Return the Telegram of what stands in `frame` (bytes), None where that is nothing.

    trouble: why it is no valid frame (text), the Telegram's `error`; decode: as `telegram.decode`.
    """
    if len(frame) <= _HEADER + 2 or frame[:1] != _START or frame[3:4] != _START:
        return None
    size = frame[2] if frame[2] + 6 == len(frame) else frame[1]
    body = frame[_HEADER : _HEADER + size]
    try:
        said = decode(frames.long_frame(frames.RSP_UD, body[1], body[2], body[3:]))
    except MbuslinkError:
        said = telegram.Telegram(bytes(frame), body[2], 0, [])
    said.blame(trouble)
    return said
