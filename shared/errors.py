"""Every error that mbuslink raises on purpose, in one tree.

    MbuslinkError
    ├── LineFault              the line failed: try again
    │   ├── NoAnswer           nothing came within the answer window
    │   ├── GarbledAnswer      something came, but not a whole valid frame
    │   ├── LinkLost           the cable, port or peer of a link is gone
    │   └── DeadlineExceeded   an answer on the link did not come in time
    ├── PeerFault              the peer broke the rules: do not trust what it said
    │   ├── FrameError         not a frame of EN 13757-2 (length, checksum, stop, C field)
    │   ├── DecodeError        a frame whose application layer cannot be read
    │   ├── WrongMeter         an answer from another meter than the one that was asked
    │   ├── ApplicationError   a meter reported an error (CI 70h)
    │   ├── ProtocolMismatch   the other end of the link speaks another version
    │   └── RemoteError        the other end of the link refused a request
    └── Misuse                 we asked for something impossible
        ├── BadAddress         not a primary or secondary address
        ├── BadSetting         a setting outside its range
        └── Busy               the thing is in use by somebody else

Each class has a `key`: the stable word for it on the link, in the database and in the texts. The
argument is the detail: the offending bytes, address or key, in English, for the log and the expert.
"""


class MbuslinkError(Exception):
    """The root. `str(error)` is the detail; `error.key` names the kind."""

    key = "error"


class LineFault(MbuslinkError):
    key = "line_fault"


class NoAnswer(LineFault):
    key = "no_answer"


class GarbledAnswer(LineFault):
    key = "garbled_answer"


class LinkLost(LineFault):
    key = "link_lost"


class BusShort(LineFault):
    key = "bus_short"


class DeadlineExceeded(LineFault):
    key = "deadline_exceeded"


class PeerFault(MbuslinkError):
    key = "peer_fault"


class FrameError(PeerFault):
    key = "frame_error"


class DecodeError(PeerFault):
    key = "decode_error"


class WrongMeter(PeerFault):
    key = "wrong_meter"


class ApplicationError(PeerFault):
    key = "application_error"


class ProtocolMismatch(PeerFault):
    key = "protocol_mismatch"


class RemoteError(PeerFault):
    key = "remote_error"


class Misuse(MbuslinkError):
    key = "misuse"


class BadAddress(Misuse):
    key = "bad_address"


class BadSetting(Misuse):
    key = "bad_setting"


class Busy(Misuse):
    key = "busy"


_LEAVES = (
    NoAnswer,
    GarbledAnswer,
    LinkLost,
    BusShort,
    DeadlineExceeded,
    FrameError,
    DecodeError,
    WrongMeter,
    ApplicationError,
    ProtocolMismatch,
    RemoteError,
    BadAddress,
    BadSetting,
    Busy,
)


def from_key(key: str, detail: str) -> "MbuslinkError":
    """Return the error that `key` (text) names, with `detail` as its argument.

    An unknown key gives a `RemoteError`: the other end may be newer than we are.
    """
    for leaf in _LEAVES:
        if leaf.key == key:
            return leaf(detail)
    return RemoteError(key + ": " + detail)
