"""Headers, encryption, and what `decode` does with frames that carry no meter data."""

import pytest

from shared import reading
from shared.errors import DecodeError, FrameError
from shared.mbus import security, telegram
from shared.mbus.encode import record, variable_data
from shared.mbus.frames import ACK, RSP_UD, long_frame, short_frame

VOLUME = record("int16", b"\x13", 1234)


def answer(records, signature=0):
    data = variable_data("12345678", "ELS", 2, 7, 9, 0, signature, records)
    return long_frame(RSP_UD, 1, 0x72, data)


@pytest.mark.parametrize("signature", [0xFFFF, 0xB627, 0x0001, 0x0500, 0x1F00])
def test_a_signature_is_not_encryption(signature):
    said = telegram.decode(answer(VOLUME, signature))
    assert said.error is None
    assert said.signature == signature
    assert reading.value_text(said.records[0]) == "1.234"


@pytest.mark.parametrize(
    ("word", "left", "size"),
    [
        (0x0510, 16, 16),
        (0x0520, 40, 32),
        (0x0520, 31, 0),
        (0x0410, 16, 16),
        (0x0208, 8, 8),
        (0x0309, 20, 0),
        (0x0510, 0, 0),
    ],
)
def test_encryption_needs_a_mode_and_a_length_that_fit(word, left, size):
    assert security.encrypted_size(word, b"\x12\x34", left) == size
    assert security.encrypted_size(word, b"\x2f\x2f", left) == 0


def test_encrypted_bytes_are_one_record_and_the_rest_is_read():
    said = telegram.decode(answer(bytes(range(16)) + VOLUME, 0x0510))
    assert said.error == "encrypted (mode 5), no key"
    hidden, open_record = said.records
    assert reading.value_text(hidden) == bytes(range(16)).hex()
    assert reading.error(hidden) == said.error
    assert reading.value_text(open_record) == "1.234"


def test_mode_5_is_opened_with_the_iv_of_the_standard():
    plain = b"\x2f\x2f" + record("int32", b"\x13", 2850427) + b"\x2f" * 8
    asked = []

    def decrypt(key, iv, data):
        asked.append((key, iv, data))
        return plain

    said = telegram.decode(answer(bytes(16) + VOLUME, 0x0510), key=b"k" * 16, decrypt=decrypt)
    assert asked == [(b"k" * 16, bytes.fromhex("9315785634120207") + b"\x09" * 8, bytes(16))]
    assert [reading.value_text(found) for found in said.records] == ["2850.427", "1.234"]
    assert said.error is None
    assert said.frame[19:35] == bytes(16)


def test_a_wrong_key_is_told():
    frame = answer(bytes(16), 0x0510)
    said = telegram.decode(frame, key=b"k" * 16, decrypt=lambda key, iv, data: b"x" * 16)
    assert said.error == "encrypted (mode 5): wrong key"


@pytest.mark.parametrize("frame", [ACK, short_frame(0x5B, 1), long_frame(0x53, 1, 0x52, bytes(8))])
def test_a_frame_without_meter_data_is_refused(frame):
    with pytest.raises(DecodeError):
        telegram.decode(frame)


@pytest.mark.parametrize("spoil", range(0, 30, 3))
def test_a_spoilt_frame_is_refused(spoil):
    frame = bytearray(answer(VOLUME * 3))
    frame[spoil] ^= 0x40
    with pytest.raises((FrameError, DecodeError)):
        telegram.decode(bytes(frame))


def test_bytearray_and_memoryview_will_do():
    frame = answer(VOLUME)
    assert telegram.decode(bytearray(frame)).records == telegram.decode(frame).records
    assert telegram.decode(memoryview(frame)).id == "12345678"


@pytest.mark.parametrize("size", range(12))
def test_a_cut_header_is_told(size):
    said = telegram.decode(long_frame(RSP_UD, 1, 0x72, bytes(size)))
    assert "premature end" in said.error
    assert said.id == ("00000000" if size >= 4 else None)
    assert said.manufacturer == ("@@@" if size >= 6 else None)
    assert said.medium == (0 if size >= 8 else None)
    assert (said.signature, said.records) == (None, [])


def test_a_date_of_type_m_is_told_in_hex_with_the_reason():
    said = telegram.decode(answer(bytes.fromhex("0D6DE401020304")))
    assert said.error is None
    assert reading.value_text(said.records[0]) == "01020304"
    assert reading.error(said.records[0]) == "date and time of type M"
