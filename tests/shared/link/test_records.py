"""Records: what is written, and what is found again among other things."""

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadSetting
from shared.link.records import CONSOLE, DAMAGED, RECORD, RecordReader, encode, pieces

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def texts(found: list[tuple[str, Any]], kind: str) -> list[Any]:
    return [content for k, content in found if k == kind]


def values(found: list[tuple[str, Any]]) -> list[Any]:
    return [json.loads(content) for content in texts(found, RECORD)]


def test_a_record_is_readable() -> None:
    assert encode({"a": [1, None, True, b"\x00\xff"]})[:-9] == b'\x1e{"a":[1,null,true,"00ff"]}'


def test_the_check_word_is_the_usual_crc_32() -> None:
    assert encode(123456789) == b"\x1e123456789cbf43926\n"  # the check value of CRC-32/ISO-HDLC


@given(VALUES)
def test_any_value_is_found_as_it_was(value: Any) -> None:
    record = encode(value)
    assert record.isascii()
    assert not set(record[1:-1]) & set(range(32)), "a control byte"
    assert values(RecordReader(1 << 20).feed(record)) == [value]


@given(st.lists(VALUES, max_size=5), st.integers(0, 2**32))
def test_however_it_is_cut_and_whatever_stands_between(sent: list[Any], seed: int) -> None:
    rng = random.Random(seed)
    stream = b""
    console = []
    for value in sent:
        line = f"line {rng.randrange(1000)}"
        console.append(line)
        stream += line.encode() + rng.choice([b"\n", b"\r\n", b""]) + encode(value)
    reader = RecordReader(1 << 20)
    found = []
    while stream:
        size = rng.randint(1, 40)
        found += reader.feed(stream[:size])
        stream = stream[size:]
    assert values(found) == sent
    assert texts(found, CONSOLE) == console
    assert reader.damaged == 0


@given(VALUES, VALUES, st.integers(0, 2**32))
def test_a_changed_byte_costs_one_record_at_most(first: Any, second: Any, seed: int) -> None:
    rng = random.Random(seed)
    damaged = bytearray(encode(first))
    damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    found = RecordReader(1 << 20).feed(bytes(damaged) + encode(second))
    assert values(found)[-1:] == [second]
    assert all(value in (first, second) for value in values(found))


def test_a_traceback_inside_a_record_is_not_lost() -> None:
    record = encode({"a": "b" * 50})
    reader = RecordReader(1000)
    found = reader.feed(record[:20] + b"Traceback:\r\n  ValueError\r\n" + record[20:] + encode(1))
    assert values(found) == [1]
    assert texts(found, DAMAGED) == ['{"a":"bbbbbbbbbbbbbTraceback:\\x0d']
    assert texts(found, CONSOLE)[0] == "  ValueError"


def test_a_console_that_writes_cr_lf() -> None:
    assert values(RecordReader(100).feed(encode(5).replace(b"\n", b"\r\n"))) == [5]


def test_the_line_under_way_can_be_seen() -> None:
    reader = RecordReader(100)
    reader.feed(b"MicroPython\n>>> ")
    assert reader.line() == ">>> "
    reader.feed(b"\x1e{")
    assert reader.line() == ""


def test_a_record_that_is_too_long_is_dropped_and_the_next_is_found() -> None:
    reader = RecordReader(100)
    found = reader.feed(encode("x" * 90)) + reader.feed(encode("x" * 91)) + reader.feed(encode(1))
    assert values(found) == ["x" * 90, 1]
    assert reader.damaged == 1


def test_a_board_that_wants_no_console_text_keeps_none() -> None:
    reader = RecordReader(100, console_longest=0)
    found = reader.feed(b"noise\nmore\n\x1ebroken\nnoise" + encode(1))
    assert [kind for kind, _ in found] == [RECORD]
    assert reader.dropped > 0


def test_a_long_value_is_written_in_pieces() -> None:
    value = [bytes(250)] * 32
    assert max(len(piece) for piece in pieces(value)) < 1024
    assert b"".join(pieces(value)) == encode(value)


@pytest.mark.parametrize("value", [1.5, float("nan"), {1: 2}, {"a": object()}, {1, 2}, [2.0]])
def test_what_cannot_travel_is_refused(value: Any) -> None:
    with pytest.raises(BadSetting):
        encode(value)
