"""Telegrams told as differences come back byte for byte, whatever they hold."""

from hypothesis import given
from hypothesis import strategies as st

from firmware.journal.codec import difference, number, read_number, restore
from shared.mbus import encode, frames
from tests.fakes.real_telegrams import TELEGRAMS
from tools.bench import corpus

R = encode.record


def frame(records: bytes, access_no: int = 1, serial: str = "12345678", address: int = 5) -> bytes:
    data = encode.variable_data(serial, "ACW", 1, 4, access_no, 0, 0, records)
    return frames.long_frame(frames.RSP_UD, address, 0x72, data)


def told(parts: list[bytes], reference: list[bytes], passed_s: int = 0) -> int | None:
    """Return how many digits the parts take, after a check that they come back."""
    text = difference(parts, reference, passed_s)
    if text is None:
        return None
    assert restore("e" + text + "9", 1, reference, passed_s) == (parts, 1 + len(text))
    return len(text)


bytes_or_frames = st.one_of(
    st.binary(max_size=40),
    st.builds(
        lambda ci, data: frames.long_frame(frames.RSP_UD, 5, ci, data),
        st.sampled_from((0x72, 0x72, 0x76, 0x73, 0x78, 0x5B)),
        st.binary(max_size=60),
    ),
    st.builds(
        lambda head, data: frames.long_frame(frames.RSP_UD, 5, 0x72, head + data),
        st.binary(min_size=12, max_size=12),
        st.lists(
            st.sampled_from(b"\x04\x06\x0d\x0f\x2f\x6d\x84\x13\xfd\x7c\x20\xff"), max_size=60
        ).map(bytes),
    ),
)


@given(bytes_or_frames, st.data(), st.integers(0, 1 << 40))
def test_any_bytes_come_back(before: bytes, data: st.DataObject, passed_s: int) -> None:
    part = bytearray(before)
    for _ in range(data.draw(st.integers(0, 6)) if part else 0):
        part[data.draw(st.integers(0, len(part) - 1))] = data.draw(st.integers(0, 255))
    if len(part) > 8 and before[0] == 0x68 and data.draw(st.booleans()):
        part[-2] = sum(part[4:-2]) & 255
    told([bytes(part)], [before], passed_s)
    assert told([before, bytes(part)], [before, before], passed_s) is not False


@given(st.lists(st.integers(0, 2**32 - 1), min_size=14, max_size=14), st.integers(0, 255))
def test_values_of_a_meter_are_always_told(values: list[int], access_no: int) -> None:
    def meter(numbers: list[int], access: int) -> bytes:
        return frame(
            R("int32", b"\x03", numbers[0] >> 1)
            + R("bcd8", b"\x13", numbers[1] % 10**8)
            + R("int48", b"\x14", numbers[2])
            + R("binary", b"\xfd\x1a", bytes(n & 255 for n in numbers)),
            access,
        )

    assert told([meter(values, access_no)], [meter([7] * 14, 250)]) is not None


def test_what_has_not_changed_costs_nothing() -> None:
    one = frame(R("int32", b"\x03", 1000) + R("bcd8", b"\x13", 5))
    assert told([one], [one]) == 1
    assert told([one] * 3, [one] * 3) == 3


def test_a_counter_costs_its_gain() -> None:
    def meter(wh: int, access_no: int) -> bytes:
        return frame(R("int32", b"\x03", wh) + R("bcd8", b"\x13", 5), access_no)

    # access number: a digit of count, one of change; status, signature: skipped; then the counter
    assert told([meter(255, 2)], [meter(250, 1)]) == 2 + 1 + 2 + 1
    assert told([meter(256 * 256, 1)], [meter(256 * 256 - 1, 1)]) == 1 + 2 + 1
    assert told([meter(0, 1)], [meter(2**31 - 1, 1)]) == 1 + 9 + 1


def test_the_clock_of_a_meter_goes_on_by_itself() -> None:
    def f(minute: int, hour: int = 12, day: int = 30, month: int = 11, access: int = 1) -> bytes:
        return frame(R("F", b"\x6d", (2026, month, day, hour, minute)), access)

    def i(second: int, hour: int = 23) -> bytes:
        return frame(R("I", b"\x6d", (2026, 11, 22, hour, 59, second)))

    assert told([f(45)], [f(30)], 905) == 1
    assert told([f(0, 13)], [f(45)], 900) == 1
    assert told([f(46)], [f(30)], 900) == 3 + 1
    assert told([f(0, 0, 31)], [f(45, 23)], 900) == 1
    assert told([i(17)], [i(16, 22)], 3601) == 1
    # storage 1 is no clock: it does not move
    month = frame(R("F", b"\x6d", (2026, 10, 31, 23, 59), storage=1))
    assert told([month], [month], 900) == 1


def test_another_shape_is_not_told() -> None:
    one = frame(R("int32", b"\x03", 1))
    assert told([one, one], [one]) is None
    assert told([frame(R("int16", b"\x03", 1))], [one]) is None  # another length
    assert told([frame(R("int32", b"\x04", 1))], [one]) is None  # another unit
    assert told([one[:-2] + b"\x00" + one[-1:]], [one]) is None  # a wrong checksum
    assert told([b"abc"], [b"abcd"]) is None


def test_another_meter_of_the_kind_is_told_by_little() -> None:
    """Number, address and values differ; the records are the same."""
    one = frame(R("int32", b"\x03", 100_000) + R("int16", b"\x5a", 701), 7, "12345678", 5)
    other = frame(R("int32", b"\x03", 230_007) + R("int16", b"\x5a", 698), 90, "12345691", 9)
    size = told([other], [one])
    assert size is not None
    assert size // 2 < len(other) // 2


def test_texts_are_told_too() -> None:
    assert told([b"no_answer", b"nothing within 188 ms"], [b"no_answer", b"nothing within 187 ms"])
    assert told([b""], [b""]) == 1


def test_real_telegrams_come_back_with_any_byte_changed() -> None:
    source = corpus.real(TELEGRAMS) if TELEGRAMS.exists() else corpus.encoded()
    for before in source:
        for position in range(4, len(before) - 2):
            part = bytearray(before)
            part[position] ^= 0x5A
            part[-2] = sum(part[4:-2]) & 255
            told([bytes(part)], [before], 4000)
        assert told([before], [before]) == 1


@given(st.integers(0, 2**60 - 1))
def test_numbers_come_back(value: int) -> None:
    text = number(value)
    assert read_number("f" + text + "7", 1) == (value, 1 + len(text))
