"""Every byte behind the header stands in a record or is an idle filler, whatever a meter sends."""

import contextlib
import itertools
import json

from shared.errors import DecodeError, FrameError
from shared.mbus import report, telegram
from tools.bench import fuzz

HEADER_SIZES = {0x72: 12, 0x76: 12, 0x7A: 4, 0x78: 0}
FILLER = 0x2F


def test_no_byte_is_dropped_in_silence():
    seen = 0
    for frame in itertools.islice(fuzz.mutate("dropped:1"), 6000):
        try:
            found = telegram.decode(frame)
        except (DecodeError, FrameError):
            continue
        if frame[6] not in HEADER_SIZES or len(frame) < 9 + HEADER_SIZES[frame[6]]:
            continue
        at = 7 + HEADER_SIZES[frame[6]]
        for record in found.records:
            assert set(frame[at : record[1]]) <= {FILLER}, frame.hex()
            assert record[1] < record[4] <= len(frame) - 2, frame.hex()
            at = record[4]
        assert set(frame[at:-2]) <= {FILLER}, frame.hex()
        seen += 1
    assert seen > 4000


def test_whatever_was_decoded_can_be_told():
    """The report, the explanation and the JSON of any telegram are made without a fault."""
    for frame in itertools.islice(fuzz.mutate("told:1"), 3000):
        told = report.frame_as_dict(frame)
        assert json.loads(report.to_json(told)) == told
        assert told["ok"] == (told["error"] is None)
        with contextlib.suppress(DecodeError, FrameError):
            json.dumps(report.explain(telegram.decode(frame)))
