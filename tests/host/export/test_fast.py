"""Dates and floats read all at once say what the decoder says of each."""

import struct
from datetime import UTC, datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st

from host.export import fast
from shared import scaled
from shared.mbus import values

bits32 = st.integers(-(1 << 31), (1 << 31) - 1)


def float_bits(number: float) -> int:
    return int(struct.unpack("<i", struct.pack("<f", number))[0])


@given(st.lists(bits32 | st.floats(width=32).map(float_bits), min_size=1), st.integers(-6, 9))
@example([float_bits(1234565.0), float_bits(-0.0), float_bits(float("nan"))], 0)
@settings(max_examples=500)
def test_floats_have_the_decoders_six_digits(numbers: list[int], exponent: int) -> None:
    for number, text in zip(numbers, fast.reals(numbers, exponent), strict=True):
        mantissa, power, _ = values.real(number & 0xFFFFFFFF)
        if mantissa is None:
            assert text is None
        elif text is not None:
            exact = scaled.significant((mantissa, power + exponent), 6)
            assert text == scaled.text(*exact)


def test_only_a_float_in_the_middle_is_left_to_the_decoder() -> None:
    numbers = [float_bits(n / 7) for n in range(1, 2000)]
    assert None not in fast.reals(numbers, 0)
    assert fast.reals([float_bits(1234565.0)], 0) == [None]


@given(st.lists(bits32, min_size=1, max_size=5))
@settings(max_examples=500)
def test_moments_are_the_decoders(numbers: list[int]) -> None:
    expected = []
    for number in numbers:
        text, _ = values.date(number & 0xFFFFFFFF, 4)
        try:
            moment = datetime.fromisoformat(text or "").replace(tzinfo=UTC)
        except ValueError:
            assert fast.moments(numbers) is None
            return
        expected.append(int(moment.timestamp()))
    assert fast.moments(numbers) == expected


def test_plain_moments_are_read_at_once() -> None:
    first = int.from_bytes(bytes.fromhex("1e115b3b"), "little")  # 2026-11-27T17:30
    assert fast.moments([first, first + 1, first | 0x8000]) == [1795800600, 1795800660, 1795800600]
