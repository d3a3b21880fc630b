"""Frames as people paste them: separators do not matter, anything else is named."""

import io

import pytest

from host.readout import hex_frames

FRAME = bytes.fromhex("68030368080570 7D16")


def read(data: bytes) -> list[hex_frames.Line]:
    return list(hex_frames.lines(io.BytesIO(data)))


@pytest.mark.parametrize(
    "text",
    [
        b"680303680805707D16",
        b"68 03 03 68 08 05 70 7d 16",
        b"68:03:03:68:08:05:70:7D:16\r\n",
        b"0x68, 0x03, 0x03, 0x68, 0x08, 0x5, 0x70, 0x7D, 0x16,",
        b"0x680303680805707D16",
        b"\\x68\\x03\\x03\\x68\\x08\\x05\\x70\\x7d\\x16",
        b"\t[68-03-03-68-08-05-70-7D-16]  # application error",
        b"\xef\xbb\xbf680303680805707D16\n",
        b"68 3 3 68 8 5 70 7d 16",
        b'"68030368 0805707D16"',
    ],
)
def test_one_frame_in_many_spellings(text: bytes):
    (line,) = read(text)
    assert line.fault is None
    assert line.frame == FRAME


def test_blank_lines_and_comments_count_but_say_nothing():
    found = read(b"# a\n\n  \n680303680805707D16\n   # b\n\r\n680303680805707D16")
    assert [line.number for line in found] == [4, 7]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"hello", "not hex: 'hello'"),
        (b"68 0G", "not hex: '0G'"),
        (b"68030", "an odd number of hex digits (5)"),
        (b"0x", "not hex: '0x'"),
        (b"\x00\xff\x80", "not hex: '\\x00\\\\xff\\\\x80'"),
        ("６８".encode(), "not hex"),
    ],
)
def test_what_is_not_hex_is_named(text: bytes, fault: str):
    (line,) = read(text)
    assert line.frame == b""
    assert (line.fault or "").startswith(fault)


def test_a_line_of_10_mb_is_named_and_the_next_one_is_read():
    data = b"68" * 5_000_000 + b"\n680303680805707D16\n"
    long, good = read(data)
    assert long.fault == "the line is too long for a frame (10000001 bytes)"
    assert (good.number, good.frame) == (2, FRAME)


def test_a_long_comment_is_a_comment():
    assert [line.number for line in read(b"#" + b"x" * 200_000 + b"\n680303680805707D16")] == [2]
    (line,) = read(b"680303680805707D16 #" + b"x" * 200_000)
    assert line.frame == FRAME


def test_no_end_of_line_in_a_megabyte_of_rubbish():
    (line,) = read(b"\x01" * 1_000_000)
    assert "too long" in (line.fault or "")
