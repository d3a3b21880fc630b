"""A frame that is cut off or spoilt still tells what stood before the fault."""

import pytest

from shared.mbus import report, telegram
from shared.mbus.encode import record, variable_data
from shared.mbus.frames import RSP_UD, long_frame
from shared.mbus.salvage import salvage

RECORDS = record("int32", b"\x06", 12345) + record("int32", b"\x13", 678)
WHOLE = long_frame(RSP_UD, 1, 0x72, variable_data("12345678", "KAM", 27, 4, 42, 0, 0, RECORDS))


def spoilt(at, byte):
    frame = bytearray(WHOLE)
    frame[at] = byte
    return bytes(frame)


def test_a_frame_cut_off_gives_the_records_before_the_cut():
    told = report.frame_as_dict(WHOLE[:-4])
    assert (told["ok"], told["id"], told["ci"]) == (False, "12345678", 0x72)
    assert told["error"].startswith(f"{len(WHOLE) - 4} bytes where {len(WHOLE)}")
    whole, cut = told["records"]
    assert (whole["value"], "error" in whole) == ("12345000", False)
    assert cut["error"] == "premature end of data: 2 bytes of 4"


def test_a_header_cut_off_gives_its_whole_fields():
    told = report.frame_as_dict(WHOLE[:14])
    assert (told["ok"], told["ci"], told["records"]) == (False, 0x72, [])
    assert (told["id"], told["manufacturer"], told["version"]) == ("12345678", "KAM", 27)
    assert (told["medium"], told["access_no"], told["signature"]) == (None, None, None)
    assert report.frame_as_dict(WHOLE[:10])["id"] is None


@pytest.mark.parametrize(
    ("at", "byte", "reason"),
    [
        (-2, 0, "checksum"),
        (-1, 0, "stop"),
        (1, 0x16, "length"),
        (2, 0x16, "length"),
        (4, 1, "checksum"),
    ],
)
def test_a_spoilt_frame_is_read_but_not_ok(at, byte, reason):
    told = report.frame_as_dict(spoilt(at, byte))
    assert not told["ok"]
    assert told["error"].startswith(reason)
    assert told["id"] == "12345678"
    assert [found["value"] for found in told["records"]] == ["12345000", "0.678"]


def test_other_answers_give_their_ci():
    told = report.frame_as_dict(long_frame(0x53, 1, 0x52, bytes(8)))
    assert (told["ok"], told["ci"]) == (False, 0x52)
    assert told["error"].startswith("no meter data in CI 52h")


@pytest.mark.parametrize("frame", [b"", b"\xe5", b"\x68", b"\x68\x03\x03\x68\x08\x01", b"\x10" * 9])
def test_of_nothing_nothing_is_read(frame):
    assert salvage(frame, "why") is None
    assert report.frame_as_dict(frame)["records"] == []


def test_every_cut_of_a_frame_is_told():
    for size in range(len(WHOLE)):
        assert report.frame_as_dict(WHOLE[:size])["ok"] is False


def test_the_decoder_of_the_caller_is_asked():
    asked = []

    def decode(frame):
        asked.append(frame)
        return telegram.decode(frame)

    report.frame_as_dict(WHOLE[:-1], decode)
    assert asked == [WHOLE[:-1], WHOLE]
