"""Reading one meter: which telegrams go out, in which order, and which answers count.

    primary      SND_NKE a, [application reset a], REQ_UD2 a ...
    secondary    SND_NKE 253, select, [application reset 253], REQ_UD2 253 ...

REQ_UD2 repeats with the frame count bit (FCB) toggled after every good answer until no more
records follow; a request sent again after a bad answer keeps its FCB. After SND_NKE the first
FCB is 1 (C = 7Bh, EN 13757-2).

A SND_NKE that the meter acknowledged at its own address brings it to its first telegram. Without
that (by secondary address, where SND_NKE only deselects; switched off; not acknowledged) a meter
that minds the FCB may give its last telegram once more, byte for byte and out of date, or go on
where an earlier reading broke off. Then `Memory` says where the last reading ended, an answer
known from it is asked for anew, and a meter met for the first time is read on until it has begun
again. SND_NKE to the meter's primary address would be simpler, but meters read by secondary address
often all have the same one: a hundred acknowledges at once trip the bus.

SND_NKE and application reset may go unanswered: some meters do not know them. What they were for
shows in the answer to REQ_UD2; so a SND_NKE that nobody answers is not repeated, and a dead meter
costs one window more than its requests for data. The generators here are driven as `line`
describes.
"""

import binascii

from shared.compat import const
from shared.errors import (
    ApplicationError,
    BadSetting,
    GarbledAnswer,
    LineFault,
    NoAnswer,
    WrongMeter,
)
from shared.mbus.addresses import (
    HIGHEST_PRIMARY,
    SELECTED,
    header_of,
    matches,
    secondary_of,
    secondary_text,
)
from shared.mbus.application_errors import error_code, error_text
from shared.mbus.frames import (
    ACK,
    FCB,
    REQ_UD2,
    SND_NKE,
    SND_UD,
    control_frame,
    is_answer,
    long_frame,
    short_frame,
)
from shared.mbus.more import has_more

MOST_TELEGRAMS = const(32)  # in one reading: the board's memory is small

WITHOUT_SUBCODE = const(-1)  # an application reset that ends after CI 50h

_CI_APPLICATION_RESET = const(0x50)
_CI_SELECT = const(0x52)
_CI_APPLICATION_ERROR = const(0x70)
_TOO_BUSY = const(8)


class Memory:
    """What a reading of one meter leaves for the next.

    fcb: the frame count bit (0 or 20h) of the next REQ_UD2
    complete: the last reading went to its end: the meter's first telegram is next
    sleepy: the meter gave data only after a SND_NKE that reached it while it was selected
    several: a reading has more than one telegram
    first: mark of the last reading's first telegram, None before it
    selected: the meter acknowledged its selection in the last reading
    """

    def __init__(self, kept=1):
        """Start as for a meter never met, or from what `kept()` returned."""
        self.fcb = FCB if kept & 1 else 0
        self.complete = bool(kept & 2)
        self.sleepy = bool(kept & 4)
        self.several = bool(kept & 8)
        self.selected = False
        self.first = kept >> 5 if kept & 16 else None

    def kept(self):
        """Return all of it as an integer of 29 bits, which costs the board's heap nothing."""
        flags = (self.fcb and 1) | self.complete << 1 | self.sleepy << 2 | self.several << 3
        return flags if self.first is None else flags | 16 | self.first << 5


class _Repeated(GarbledAnswer):
    """The meter sent its last telegram once more although it was asked for the next."""


def read_meter(
    line, address, snd_nke=True, application_reset=None, retries=2, settle_ms=0, memory=None
):
    """Read the meter at `address` (an `Address`) over `line`; return its RSP_UD frames in order.

    snd_nke: reset the link layer first; application_reset: None for none, 0..255 a sub-code,
    WITHOUT_SUBCODE; retries: 0..10 more attempts for each request; settle_ms: pause after the
    resets, for meters that are deaf for a while; memory: the meter's `Memory`, kept by the caller.
    Raises NoAnswer, GarbledAnswer, WrongMeter or ApplicationError; BadSetting for the arguments.
    """
    if not 0 <= retries <= 10:
        raise BadSetting("%r retries: 0 to 10" % (retries,))
    if application_reset is not None and not WITHOUT_SUBCODE <= application_reset <= 255:
        raise BadSetting("application reset sub-code %r: 0 to 255" % (application_reset,))
    memory = memory or Memory()
    settings = (line, address, snd_nke, application_reset, retries, settle_ms, memory)
    try:
        return (yield from _read(*settings))
    except NoAnswer:
        # Met for the first time, selected, but silent: it may want a SND_NKE, and was not selected
        # when that went out.
        if not snd_nke or not memory.selected or memory.sleepy or memory.first is not None:
            raise
    memory.sleepy = True
    try:
        return (yield from _read(*settings))
    except LineFault:
        memory.sleepy = False
        raise


def _read(line, address, snd_nke, application_reset, retries, settle_ms, memory):
    """Read the meter once, as `read_meter` says."""
    asked = SELECTED if address.primary is None else address.primary
    acknowledged = False
    memory.selected = False
    if memory.sleepy and snd_nke:
        yield from _select(line, address, retries + 1)
    if snd_nke:
        attempts = 1 if asked == SELECTED else retries + 1  # nobody need be selected
        acknowledged = yield from _reset_link(line, asked, attempts)
        if acknowledged or asked == SELECTED:
            memory.fcb = FCB
    if address.secondary is not None:
        yield from _select(line, address, retries + 1)
        memory.selected = True
    if application_reset is not None and (
        yield from _reset_application(line, asked, application_reset, retries + 1)
    ):
        memory.complete = True  # the next telegram is the first
    if settle_ms and (snd_nke or application_reset is not None):
        yield ("pause", settle_ms)
    reset = acknowledged and (asked != SELECTED or memory.sleepy)
    return (yield from _read_telegrams(line, asked, address.secondary, retries, memory, reset))


def _reset_link(line, primary, attempts):
    """Send SND_NKE, again while the answer is garbled; return whether it was acknowledged."""
    for _ in range(attempts):
        try:
            yield from line.request((short_frame(SND_NKE, primary),), _judge_ack, 1)
            return True
        except NoAnswer:
            return False
        except GarbledAnswer:
            if line.babbles:
                break
    return False


def _reset_application(line, primary, subcode, attempts):
    """Send an application reset; return whether it was acknowledged."""
    frames = []
    for c in (SND_UD | FCB, SND_UD):
        if subcode == WITHOUT_SUBCODE:
            frames.append(control_frame(c, primary, _CI_APPLICATION_RESET))
        else:
            frames.append(long_frame(c, primary, _CI_APPLICATION_RESET, bytes((subcode,))))
    return (yield from _try(line, frames, attempts))


def _select(line, address, attempts):
    """Select the meter by its secondary address; with wildcards, several may acknowledge.

    The FCB alternates: selecting twice does no harm, and a meter may want either.
    """
    frames = []
    for c in (SND_UD, SND_UD | FCB):
        frames.append(long_frame(c, SELECTED, _CI_SELECT, address.secondary))
    yield from line.request(frames, _judge_ack, attempts, address.has_wildcards())


def _try(line, frames, attempts):
    """Request an E5 that may be missing; return whether it came."""
    try:
        yield from line.request(frames, _judge_ack, attempts)
    except (NoAnswer, GarbledAnswer):
        return False
    return True


def _judge_ack(frame):
    if frame == ACK:
        return None
    return GarbledAnswer("%s where E5 was awaited" % _shown(frame))


def _read_telegrams(line, asked, secondary, retries, memory, reset):
    """Ask for telegrams until no more records follow; return the frames of one whole reading.

    reset: the meter is at its first telegram for certain, nothing of an earlier reading can come.
    """
    frames = []
    at_start = reset or memory.complete
    fresh = reset  # what comes now cannot be an earlier answer again
    for _ in range(2 * MOST_TELEGRAMS):
        last = frames[-1] if frames else None
        memory.complete = False
        try:
            frame = yield from _request_data(line, asked, secondary, retries, memory, last)
        except _Repeated:
            break  # a meter that ignores the FCB says "more" for ever
        more = has_more(frame)
        memory.complete = not more
        if not frames and not fresh and at_start:
            fresh = True
            if memory.several and not more:
                continue  # the last telegram of the reading before
            if _mark(frame) == memory.first:
                at_start = not more  # the first one, old or new: in the middle when toggled
                continue
        frames.append(frame)
        if len(frames) == MOST_TELEGRAMS or (at_start and not more):
            break
        if not more:  # the end of something: now comes a whole reading
            at_start = fresh = True
            frames = []
    memory.several = len(frames) > 1
    memory.first = _mark(frames[0]) if frames else None
    return frames


def _mark(frame):
    """Return 24 bits by which `frame` is known again."""
    return binascii.crc32(frame) & 0xFFFFFF


def _request_data(line, asked, secondary, retries, memory, last):
    """Send REQ_UD2 and return the answer; the FCB in `memory` is then the next one's."""

    def judge(frame):
        return _judge_data(frame, asked, secondary, last)

    request = short_frame(REQ_UD2 | memory.fcb, asked)
    frame = yield from line.request((request,), judge, retries + 1)
    memory.fcb ^= FCB
    return frame


def _judge_data(frame, asked, secondary, last):
    """Return None when `frame` is the data of the meter asked, else what is wrong with it.

    asked: the A field of the request; secondary: 8 bytes or None; last: the telegram before.
    Raises ApplicationError when the meter reports one that another try would not mend.
    """
    if not is_answer(frame):
        return GarbledAnswer("%s where data was awaited" % _shown(frame))
    sender = frame[5]
    if asked <= HIGHEST_PRIMARY and sender != asked:
        return WrongMeter("asked %d, answered by %d %s" % (asked, sender, secondary_of(frame)))
    if secondary is not None:
        header = header_of(frame)
        if header is not None and not matches(secondary, header):
            return WrongMeter(
                "asked %s, answered by %d %s"
                % (secondary_text(secondary), sender, secondary_of(frame))
            )
    if frame[6] == _CI_APPLICATION_ERROR:
        code = error_code(frame)
        error = ApplicationError("meter %d reports %d: %s" % (sender, code, error_text(code)))
        if code != _TOO_BUSY:
            raise error
        return error
    if frame == last:
        return _Repeated("the telegram before once more: %s" % _shown(frame))
    return None


def _shown(frame):
    return frame[:24].hex()
