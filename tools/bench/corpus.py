"""The telegrams that the benches decode: those of a file, else our own."""

import json

from shared.errors import FrameError
from shared.mbus import encode, frames


def option(parser):
    """Add the option that names the file of telegrams."""
    parser.add_argument(
        "--telegrams",
        metavar="FILE",
        help='JSON lines with "hex" and "kind": "slave" (default: telegrams encoded here)',
    )


def telegrams(path=None):
    """Return (description, list of frames): the meters' answers in `path`, or encoded ones."""
    if path is None:
        return "telegrams encoded here", encoded()
    return f"telegrams of {path}", real(path)


def real(path):
    """Return the whole frames of meters' answers in `path`, each once.

    A line is a JSON object: "hex" the frame, "kind" "slave" for an answer.
    """
    found = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            frame = bytes.fromhex(entry["hex"])
            if entry["kind"] == "slave" and frame not in found and _is_whole(frame):
                found.append(frame)
    return found


def _is_whole(frame):
    try:
        return frames.check_frame(frame) == "long"
    except FrameError:
        return False


def encoded():
    """Return frames of eight kinds of meter, encoded by shared.mbus.encode."""
    return [_frame(number, records) for number, records in enumerate(_METERS)]


def _frame(number, records):
    data = encode.variable_data(
        f"{11000000 + number:08d}", "ACW", 1, 4, number, 0, 0, b"".join(records)
    )
    return frames.long_frame(frames.RSP_UD, number + 1, 0x72, data)


_R = encode.record
_DATE_TIME = _R("F", b"\x6d", (2026, 11, 22, 17, 15))
_METERS = (
    (
        _R("bcd8", b"\x78", 11490378),
        _R("int32", b"\x06", 27098),
        _R("int32", b"\x13", 703476),
        _R("int32", b"\x2b", 4713),
        _R("int32", b"\x3b", 328),
        _R("int16", b"\x5a", 705),
        _R("int16", b"\x5e", 432),
        _R("int16", b"\x62", 273),
        _DATE_TIME,
        _R("int32", b"\x06", 24011, storage=1),
        _R("G", b"\x6c", (2025, 12, 31), storage=1),
    ),
    (_R("bcd8", b"\x13", 54321), _R("bcd6", b"\x3b", -12), _DATE_TIME),
    (_R("int32", b"\x14", 4242, storage=storage) for storage in range(14)),
    (_R("int32", b"\x83\x77", 4242, tariff=tariff) for tariff in range(5)),
    (_R("int16", b"\xfd\xc9\xfc" + bytes((phase,)), 2304) for phase in (1, 2, 3)),
    (_R("real32", b"\x2b", (31415, -4)), _R("real32", b"\xfd\x59", (-125, -3)), _DATE_TIME),
    (_R("text", b"\xfd\x11", "House 7"), _R("text", b"\x7c\x03HBR", "abc"), _R("int8", b"\x7f", 1)),
    (_R("int16", b"\x65", -123), _R("int16", b"\xfb\x1a", 457), _R("bcd4", b"\x6e", 815)),
)
_METERS = tuple(tuple(records) for records in _METERS)
