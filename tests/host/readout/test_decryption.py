"""Mode 5: the example of the OMS specification, and telegrams encrypted here."""

import pytest

from host.readout import decryption
from shared.errors import BadSetting
from shared.mbus import encode, frames, security, telegram

# OMS specification volume 2, annex N: a gas meter ELS 12345678, 28504.27 m^3.
KEY = bytes.fromhex("0102030405060708090A0B0C0D0E0F11")
HEADER = bytes.fromhex("78563412 9315 33 03 2A 00 2025")
CIPHER = bytes.fromhex("5923C95AAA26D1B2E7493B013EC4A6F6D3529B520EDFF0EA6DEFC99D6D69EBF3")
PLAIN = bytes.fromhex("2F2F 0C1427048502 046D32371F15 02FD170000 2F2F2F2F2F2F2F2F2F2F2F2F2F")
FRAME = frames.long_frame(frames.RSP_UD, 1, 0x72, HEADER + CIPHER)


def opened(frame: bytes, *texts: str) -> telegram.Telegram:
    return decryption.decode(frame, decryption.keys(texts))


def test_the_example_of_the_standard():
    vector = security.initial_vector(FRAME)
    assert decryption.decrypt(KEY, vector, CIPHER) == PLAIN
    assert decryption.encrypt(KEY, vector, PLAIN) == CIPHER


@pytest.mark.parametrize("prefix", ["", "12345678="])
def test_an_encrypted_telegram_is_opened(prefix: str):
    found = opened(FRAME, prefix + KEY.hex())
    assert found.error is None
    assert (found.manufacturer, found.id) == ("ELS", "12345678")
    assert [(record[6], record[7]) for record in found.records[::2]] == [(2850427, -2), (0, 0)]


def test_what_stands_behind_the_encrypted_blocks_is_read_too():
    data = HEADER + CIPHER + bytes.fromhex("02FD1B0500")
    frame = frames.long_frame(frames.RSP_UD, 1, 0x72, data)
    assert len(opened(frame, KEY.hex()).records) == 4


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ((), "no key"),
        (("11111111=" + KEY.hex(),), "no key"),
        (("12345678=" + "00" * 16,), "wrong key"),
        (("00" * 16,), "wrong key"),
    ],
)
def test_a_telegram_that_stays_closed_says_why(texts: tuple[str, ...], reason: str):
    found = opened(FRAME, *texts)
    assert reason in (found.error or "")
    assert found.id == "12345678"
    assert KEY.hex() not in (found.error or "")


def test_the_meters_own_key_comes_before_the_common_one():
    assert opened(FRAME, "00" * 16, "12345678=" + KEY.hex()).error is None


def test_other_meters_are_read_with_keys_too():
    data = encode.variable_data("11490378", "ACW", 1, 7, 1, 0, 0xB627, b"\x01\x13\x05")
    frame = frames.long_frame(frames.RSP_UD, 1, 0x72, data)
    assert opened(frame, KEY.hex()).records == telegram.decode(frame).records


@pytest.mark.parametrize("access_no", [0, 1, 0x7F, 0xFF])
def test_round_trip(access_no: int):
    plain = b"\x2f\x2f" + encode.record("bcd8", b"\x13", 12345678) + b"\x2f" * 8
    closed = encode.variable_data("AB345678", "HYD", 5, 6, access_no, 0, 0x0510, b"")
    blank = frames.long_frame(frames.RSP_UD, 1, 0x72, closed)
    cipher = decryption.encrypt(KEY, security.initial_vector(blank), plain)
    frame = frames.long_frame(frames.RSP_UD, 1, 0x72, closed + cipher)
    found = opened(frame, "ab345678=" + KEY.hex())
    assert found.error is None
    assert [record[6] for record in found.records] == [12345678]


@pytest.mark.parametrize(
    "text", ["", "12", "xyz", "1234=" + "00" * 16, "12345678=", "=" + "0" * 31]
)
def test_a_key_that_is_none_is_refused(text: str):
    with pytest.raises(BadSetting):
        decryption.keys([text])
