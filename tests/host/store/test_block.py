"""A day of readings in a block comes back to the byte, whatever the meter says."""

import json
import random
import struct
import zlib
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.store import block, layouts
from host.store.block import Block, BlockFault, Row
from host.store.layouts import Layout
from shared.errors import FrameError, MbuslinkError
from shared.mbus import encode, frames
from tests.fakes import installation
from tests.fakes.real_telegrams import TELEGRAMS

AT_MS = 1_795_000_000_123
QUARTER_MS = 900_000
SERIAL = "10000001"
LONG = b"\x68\xff\xff\x68" + bytes(255) + b"\x00\x16"


def there_and_back(rows: Sequence[Row]) -> Block:
    packed = Block(block.pack(rows))
    assert list(packed.rows()) == list(rows)
    assert list(packed.moments) == [at for at, _ in rows]
    assert packed.last() == rows[-1]
    return packed


def a_day(blobs: Sequence[bytes]) -> list[Row]:
    return [(AT_MS + number * QUARTER_MS, blob) for number, blob in enumerate(blobs)]


def shaken(frame: bytes, seed: int, count: int = 20) -> list[bytes]:
    """Return telegrams of the same layout with other data in every field."""
    chance = random.Random(seed)
    found = [frame]
    for _ in range(count):
        other = bytearray(frame)
        for field in Layout(frame).fields:
            if chance.random() < 0.5:
                other[field.offset : field.offset + field.size] = chance.randbytes(field.size)
        other[-2] = sum(other[4:-2]) & 0xFF
        found.append(bytes(other))
    return found


def test_meters_of_every_kind_come_back_and_take_one_layout() -> None:
    for telegrams in (
        [b"".join(installation.heat("10000001", 148000 + n)) for n in range(96)],
        [b"".join(installation.electricity("30000006", 48 * 10**6 + 7 * n)) for n in range(96)],
        [b"".join(installation.room("50000009", 1978 - 30 * n)) for n in range(96)],
    ):
        packed = there_and_back(a_day(telegrams))
        assert (len(packed.parts), len(packed.bare)) == (1, 0)


def test_a_counters_day_takes_less_than_a_byte_a_value() -> None:
    rows = a_day([b"".join(installation.heat("10000001", 148000 + n)) for n in range(96)])
    assert len(block.pack(rows)) < 96 * 14


@pytest.mark.parametrize(
    "values",
    [
        [-(1 << 63), (1 << 63) - 1, 0, -1],
        [5, 5, 5],
        [0, 127, -1, 300, 70000, 1 << 40],
    ],
)
def test_integers_are_exact_to_64_bits_and_beyond_their_differences(values: list[int]) -> None:
    telegrams = [
        installation.answer(SERIAL, "ABC", 4, encode.record("int64", b"\x03", value))
        for value in values
    ]
    there_and_back(a_day(telegrams))


def test_digits_that_are_no_number_come_back_as_they_were() -> None:
    """Minus zero, hex digits, a minus inside: BCD has more ways to say things than numbers."""
    plain = installation.answer(SERIAL, "ABC", 4, encode.record("bcd8", b"\x03", 12345678))
    at = plain.index(b"\x78\x56\x34\x12")
    telegrams = [plain]
    for digits in (b"\x00\x00\x00\xf0", b"\xaa\xbb\xcc\xdd", b"\x12\xf4\x00\x00", bytes(4)):
        other = bytearray(plain)
        other[at : at + 4] = digits
        other[-2] = sum(other[4:-2]) & 0xFF
        telegrams.append(bytes(other))
    there_and_back(a_day(telegrams))


def test_a_meter_that_is_exchanged_in_mid_day_makes_a_second_layout() -> None:
    old = [b"".join(installation.water("20000002", n)) for n in range(50)]
    new = [b"".join(installation.water("20000003", n)) for n in range(46)]
    packed = there_and_back(a_day(old + new))
    assert [part.count for part in packed.parts] == [50, 46]
    assert list(packed.parts[1].places) == list(range(50, 96))


def test_what_cannot_be_decoded_is_kept_bare_between_the_others() -> None:
    good = b"".join(installation.water("20000002", 5))
    rubbish = frames.long_frame(8, 1, 0xA0, b"\x01\x02\x03")
    damaged = good[:-2] + bytes((good[-2] ^ 1,)) + good[-1:]
    packed = there_and_back(a_day([good, rubbish, good, damaged, rubbish]))
    assert len(packed.bare) == 3


def test_texts_that_change_all_the_time_come_back() -> None:
    telegrams = [
        installation.answer(SERIAL, "ABC", 4, encode.record("text", b"\xfd\x11", "x" * (n % 40)))
        for n in range(96)
    ]
    there_and_back(a_day(telegrams))


def test_one_reading_and_readings_at_any_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    blob = b"".join(installation.water("20000002", 5))
    there_and_back([(AT_MS, blob)])
    there_and_back([(AT_MS, blob), (AT_MS + 1, blob), (AT_MS + 86_000_000, blob)])


def test_a_column_can_be_read_alone() -> None:
    packed = there_and_back(
        a_day([b"".join(installation.water(SERIAL, 100 + n)) for n in range(9)])
    )
    (part,) = packed.parts
    columns = [part.column(index) for index in range(len(part.layout.fields))]
    assert list(range(100, 109)) in columns


@pytest.mark.skipif(not TELEGRAMS.is_file(), reason="the collected telegrams are not here")
def test_real_telegrams_come_back_whatever_stands_in_their_fields() -> None:
    for seed, line in enumerate(TELEGRAMS.read_text().splitlines()):
        frame = bytes.fromhex(json.loads(line)["hex"])
        try:
            telegrams = shaken(frame, seed)
        except MbuslinkError:
            telegrams = [frame]
        there_and_back(a_day(telegrams))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=300), min_size=1, max_size=8))
def test_any_bytes_come_back(blobs: list[bytes]) -> None:
    there_and_back(a_day(blobs))


def test_a_layout_that_was_stored_is_the_same_layout() -> None:
    for telegrams in (installation.heat(SERIAL, 5), installation.electricity(SERIAL, 6)):
        layout = Layout(b"".join(telegrams))
        again = Layout(layout.blank)
        assert (again.fields, again.blank) == (layout.fields, layout.blank)


def test_a_cut_blob_is_refused() -> None:
    short = bytes.fromhex("680303680805728516")
    assert layouts.split(LONG + short) == [LONG, short]
    with pytest.raises(FrameError, match="byte 261"):
        layouts.split(LONG + short[:-1])
    with pytest.raises(FrameError):
        layouts.split(b"\x68")


def test_a_damaged_block_is_told() -> None:
    good = block.pack(a_day([b"".join(installation.water(SERIAL, 5))] * 3))
    later = zlib.compress(struct.pack("<B", 99) + bytes(40))
    for bad in (good[:-3], b"", good[:9] + b"\x00" + good[10:], later, zlib.compress(b"\x01")):
        with pytest.raises(BlockFault):
            list(Block(bad).rows())
