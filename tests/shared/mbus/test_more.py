"""DIF 1Fh is found behind records of every kind."""

import json

import pytest

from shared.mbus.encode import record, variable_data
from shared.mbus.frames import long_frame
from shared.mbus.more import has_more
from tests.fakes.real_telegrams import TELEGRAMS


def frame(records, more=False, signature=0):
    data = variable_data("12345678", "ABC", 1, 4, 0, 0, signature, records, more)
    return long_frame(0x08, 1, 0x72, data)


RECORDS = [
    b"",
    record("int32", b"\x13", 0x1F1F1F1F),
    record("none", b"\x13", None) + b"\x2f\x2f",
    record("real32", b"\x2b", (31, 0)) + record("bcd12", b"\x06", 1),
    record("text", b"\xfd\x11", "\x1f" * 31),
    record("binary", b"\xfd\x11", bytes([0x1F] * 12)),
    record("bcd_lvar", b"\x06", 123456) + record("bcd_lvar", b"\x06", -123456),
    record("int8", b"\x13", 31, storage=(1 << 41) - 1, tariff=1000, subunit=500),
    record("int16", b"\x93\xff\x1f", 31),
    record("int16", b"\x7c\x03\x1f\x1f\x1f", 31),
    record("int16", b"\xfc\x03HR%\x74", 31),
    record("int16", b"\xfc\x74\x03HR%", 31),
    b"\x0d\x6d\xe4\x1f\x1f\x1f\x1f",
    b"\x0d\x13\xf1" + b"\x1f" * 20 + b"\x0d\x13\xf6" + b"\x1f" * 64,
]


@pytest.mark.parametrize("records", RECORDS, ids=lambda records: records[:8].hex())
def test_after_any_record(records):
    assert has_more(frame(records + record("int8", b"\x13", 1), more=True)) is True
    assert has_more(frame(records + record("int8", b"\x13", 1))) is False
    assert has_more(frame(records + b"\x1f\x01\x02")) is True  # manufacturer data behind it
    assert has_more(frame(records + b"\x0f\x1f\x1f")) is False


@pytest.mark.parametrize("records", RECORDS, ids=lambda records: records[:8].hex())
def test_a_record_cut_off_ends_the_search(records):
    for end in range(len(records)):
        assert has_more(frame(records[:end])) in (True, False)


def test_other_structures():
    assert has_more(long_frame(8, 1, 0x78, b"\x01\x13\x05\x1f")) is True
    assert has_more(long_frame(8, 1, 0x7A, b"\x01\x00\x00\x00\x01\x13\x05\x1f")) is True
    assert has_more(long_frame(8, 1, 0x73, bytes([0x1F] * 16))) is False
    assert has_more(long_frame(8, 1, 0x70, b"\x1f")) is False
    assert has_more(long_frame(8, 1, 0x72, b"\x1f")) is False


def test_encryption_is_told_from_an_old_signature():
    assert has_more(frame(b"\x1f" * 16, signature=0x0510)) is False
    assert has_more(frame(b"\x1f" * 16, signature=0xFFFF)) is True
    assert has_more(frame(b"\x1f" * 16, signature=0xB627)) is True


@pytest.mark.skipif(not TELEGRAMS.exists(), reason="the collected telegrams are not here")
def test_it_agrees_with_the_decoder_on_real_telegrams():
    telegram = pytest.importorskip("shared.mbus.telegram")
    for line in TELEGRAMS.read_text().splitlines():
        row = json.loads(line)
        if row["kind"].startswith("slave"):
            data = bytes.fromhex(row["hex"])
            assert has_more(data) == bool(telegram.decode(data).more), row["name"]
