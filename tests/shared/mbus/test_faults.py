"""What the quick walk says of a telegram is what the decoder says of it."""

import json

import pytest

from host.readout import reader, telegrams
from shared.errors import MbuslinkError
from shared.mbus import encode, frames
from shared.mbus.faults import tells_fault
from tests.fakes.real_telegrams import TELEGRAMS

R = encode.record
FLAGS = b"\xfd\x17"


def frame(records: bytes, status: int = 0, signature: int = 0) -> bytes:
    data = encode.variable_data("12345678", "AMT", 1, 4, 7, status, signature, records)
    return frames.long_frame(0x08, 1, 0x72, data)


@pytest.mark.parametrize(
    ("status", "fault"),
    [(0, False), (1, False), (2, True), (3, True), (4, True), (8, True), (16, True), (0xE0, False)],
)
def test_the_status_byte(status, fault):
    assert tells_fault(frame(R("int8", b"\x06", 1), status)) is fault


@pytest.mark.parametrize(
    ("records", "fault"),
    [
        (R("int8", FLAGS, 0), False),
        (R("int8", FLAGS, 1), True),
        (R("int16", FLAGS, 0x0100), True),
        (R("bcd4", FLAGS, 20), True),
        (R("int8", FLAGS, 1, storage=1), False),
        (R("int8", FLAGS, 1, storage=32), False),
        (R("int8", FLAGS, 1, tariff=2), True),
        (R("text", b"\xfd\x11", "a text with \xfd\x17 in") + R("int8", b"\x06", 1), False),
        (R("text", b"\xfd\x11", "words") + R("int8", FLAGS, 1), True),
        (R("bcd_lvar", b"\x06", 1234567) + R("int8", FLAGS, 1), True),
        (R("binary", FLAGS, b"\0\0\1"), True),
        (b"\x2f\x2f" + R("int8", FLAGS, 1), True),
        (b"\x0f\x01" + FLAGS + b"\x01", False),
        (b"\x01\x7c\x03abc\x01" + R("int8", FLAGS, 1), True),
        (b"\x02\xfd\x17", False),
        (b"\x0d\xfd\x17", False),
    ],
)
def test_the_error_flags(records, fault):
    assert tells_fault(frame(records)) is fault


def test_encrypted_records_are_not_guessed_at():
    assert not tells_fault(frame(R("int8", FLAGS, 1), signature=0x0500))
    assert tells_fault(frame(R("int8", FLAGS, 1), signature=0xFFFF))


@pytest.mark.skipif(not TELEGRAMS.exists(), reason="the real telegrams are not here")
def test_of_real_telegrams_it_says_what_the_decoder_says():
    compared = 0
    for line in TELEGRAMS.read_text().splitlines():
        whole = bytes.fromhex(json.loads(line)["hex"])
        try:
            found = telegrams.decode(whole)
        except MbuslinkError:
            continue
        if found.ci in (0x70, 0x76, 0x77) or found.error:
            continue
        compared += 1
        assert tells_fault(whole) is reader.is_alarm(found), line
    assert compared > 50
