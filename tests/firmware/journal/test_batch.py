"""Batches: what one may hold, what stands in the file, and that it is read back from anywhere."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.journal.batch import Batch, Reader
from firmware.journal.segment import Segment
from shared.mbus import encode, frames


def heat(meter: int, value: int) -> bytes:
    r = encode.record
    records = r("int32", b"\x06", value) + r("bcd8", b"\x13", 3 * value) + r("int16", b"\x5a", 701)
    records += r("int32", b"\x06", 99120, storage=1) + r("text", b"\xfd\x11", "Kunde 12")
    data = encode.variable_data(f"{meter:08d}", "ACW", 1, 4, value & 255, 0, 0, records)
    return frames.long_frame(frames.RSP_UD, meter & 255, 0x72, data)


def entry(number: int, telegrams: list[bytes], **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "boot": 7,
        "ticks_ms": number * 1000,
        "utc_s": 1_795_371_000 + number,
        "segment": 1,
        "address": "5",
        "baud": 2400,
        "kind": "meter",
        "telegrams": telegrams,
        "error": None,
        **more,
    }


def put(batch: Batch, made: dict[str, Any]) -> bool:
    """Add an entry as the store does, by the file as it is."""
    if not batch.segment.size:
        return batch.add(made, made["ticks_ms"], None)
    with open(batch.segment.path, "rb") as file:
        return batch.add(made, made["ticks_ms"], file)


def read(segment: Segment, place: tuple[int, int] = (0, 0)) -> list[dict[str, Any]]:
    reader = Reader(segment, place)
    found = []
    with open(segment.path, "rb") as file:
        while (item := reader.next(file)) is not None:
            found.append(item[0])
    return found


@pytest.fixture
def segment(tmp_path: Path) -> Segment:
    return Segment(str(tmp_path / "r1"))


def test_a_batch_is_a_run_of_one_boot_and_one_clock(segment: Segment) -> None:
    batch = Batch(segment)
    assert put(batch, entry(3, [b"a"]))
    assert put(batch, entry(4, [b"a"]))
    for other in (
        entry(6, [b"a"]),  # a number is missing
        entry(5, [b"a"], boot=8),
        entry(5, [b"a"], utc_s=None),
        entry(5, [b"a"], utc_s=1_795_374_605),  # the clock was set
        entry(5, [b"a"], ticks_ms=0),
    ):
        assert not put(batch, other)
    assert put(batch, entry(5, [b"a"]))
    assert batch.last == (7, 5)


def test_a_full_batch_takes_no_more(segment: Segment) -> None:
    batch = Batch(segment)
    number = 1
    while put(batch, entry(number, [bytes([number & 255]) * 200] * 3, address=str(number))):
        number += 1
    assert 3072 < batch.size < 3072 + 1024
    assert number > 4


def test_later_readings_and_meters_of_a_kind_take_little(segment: Segment) -> None:
    first = Batch(segment)
    for meter in range(1, 21):
        put(first, entry(meter, [heat(meter, 1000 * meter)], address=str(meter)))
    segment.append(first)
    assert segment.size < 20 * 60 + 100  # a frame has 62 bytes
    before = segment.size
    second = Batch(segment)
    for meter in range(1, 21):
        put(second, entry(20 + meter, [heat(meter, 1000 * meter + 9)], address=str(meter)))
    segment.append(second)
    assert segment.size - before < 20 * 8 + 40
    assert [e["telegrams"] for e in read(segment, (7, 20))] == [
        [heat(meter, 1000 * meter + 9)] for meter in range(1, 21)
    ]


def test_a_cancelled_batch_leaves_no_trace(segment: Segment) -> None:
    one, other = entry(1, [heat(1, 5)]), entry(1, [heat(2, 6)], address="6")
    batch = Batch(segment)
    put(batch, one)
    segment.append(batch)
    cancelled = Batch(segment)
    put(cancelled, {**other, "number": 2})
    cancelled.cancel()
    batch = Batch(segment)
    put(batch, {**other, "number": 2, "telegrams": [heat(2, 99)]})
    segment.append(batch)
    assert [e["telegrams"] for e in read(segment)] == [[heat(1, 5)], [heat(2, 99)]]


telegrams = st.binary(max_size=30) | st.builds(heat, st.integers(1, 9), st.integers(0, 99))
entries = st.lists(
    st.builds(
        dict,
        address=st.sampled_from(("1", "2", "S0-1", "FFFFFFFF12345678")),
        segment=st.integers(1, 3),
        baud=st.sampled_from((300, 2400, 9600)),
        kind=st.sampled_from(("meter", "input", "status", "date")),
        telegrams=st.lists(telegrams, max_size=3),
        error=st.none() | st.builds(dict, key=st.text("ab_", max_size=9), detail=st.text("xyzü")),
    ),
    max_size=30,
)


@given(entries, st.integers(1, 9), st.integers(0, 30))
def test_any_entries_come_back_from_any_place(
    tmp_path_factory: pytest.TempPathFactory, made: list[dict[str, Any]], size: int, after: int
) -> None:
    segment = Segment(str(tmp_path_factory.mktemp("batch") / "r1"))
    all_entries = [entry(n + 1, **one) for n, one in enumerate(made)]
    for start in range(0, len(all_entries), size):
        batch = Batch(segment)
        for one in all_entries[start : start + size]:
            assert put(batch, one)
        segment.append(batch)
    if not all_entries:
        return
    again = Segment(segment.path)
    assert len(list(again.load())) == len(segment.spans)
    assert (again.size, again.last, again.whole) == (segment.size, segment.last, True)
    assert again.spans == segment.spans
    for one in all_entries:
        if one["error"]:
            one["error"]["detail"] = one["error"]["detail"][:100]
    assert read(again) == all_entries
    assert read(segment, (7, after)) == all_entries[after:]
    assert again.count_after((7, after)) == len(all_entries[after:])
