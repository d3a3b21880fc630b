"""Which configuration words mean encryption, and which are an old meter's signature."""

import pytest

from shared.mbus import encode, frames, telegram

PLAIN = encode.record("int32", b"\x13", 12345) * 6  # 36 bytes
CIPHER = bytes(range(0x81, 0xA1)) + PLAIN[:6]  # 32 bytes of anything, then a record


def decoded(word, data):
    body = encode.variable_data("12345678", "ACW", 1, 7, 1, 0, word, data)
    return telegram.decode(frames.long_frame(frames.RSP_UD, 1, 0x72, body))


@pytest.mark.parametrize("word", [0x0000, 0xFFFF, 0xB627, 0x27B6, 0x0001, 0x0500, 0x1000, 0x05F0])
def test_a_signature_is_not_encryption(word):
    found = decoded(word, PLAIN)
    assert found.error is None
    assert [record[6] for record in found.records] == [12345] * 6
    assert found.signature == word


@pytest.mark.parametrize(
    ("word", "mode", "size"),
    [(0x0520, 5, 32), (0x2520, 5, 32), (0x0220, 2, 32), (0x0320, 3, 32), (0x0420, 4, 32)],
)
def test_an_encrypted_telegram_is_recognised_and_the_rest_read(word, mode, size):
    found = decoded(word, CIPHER)
    assert f"encrypted (mode {mode})" in found.error
    closed, rest = found.records
    assert closed[4] - closed[3] == size
    assert rest[6] == 12345


def test_mode_7_has_one_more_byte_of_configuration():
    found = decoded(0x0720, b"\x10" + CIPHER)
    assert "encrypted (mode 7)" in found.error
    closed, rest = found.records
    assert (closed[4] - closed[3], rest[6]) == (33, 12345)


def test_a_telegram_of_mode_5_that_is_open_already():
    found = decoded(0x0530, b"\x2f\x2f" + PLAIN + b"\x2f" * 10)
    assert found.error is None
    assert len(found.records) == 6


def test_a_short_header_has_no_address_to_make_the_vector_of():
    body = bytes((1, 0, 0x20, 0x05)) + CIPHER
    frame = frames.long_frame(frames.RSP_UD, 1, 0x7A, body)
    found = telegram.decode(frame, b"k" * 16, lambda key, vector, data: data)
    assert "short header" in found.error


def test_only_a_plain_text_that_begins_with_fillers_is_believed():
    body = encode.variable_data("12345678", "ACW", 1, 7, 1, 0, 0x0520, CIPHER)
    frame = frames.long_frame(frames.RSP_UD, 1, 0x72, body)
    asked = []

    def decrypt(key, vector, data):
        asked.append((key, vector, data))
        return b"\x2f\x2f" + PLAIN[:30] if key == b"right" else data

    assert "wrong key" in telegram.decode(frame, b"wrong", decrypt).error
    assert telegram.decode(frame, b"right", decrypt).error is None
    assert asked[0][1].hex() == "7704" + "78563412" + "0107" + "01" * 8
    assert asked[0][2] == CIPHER[:32]
