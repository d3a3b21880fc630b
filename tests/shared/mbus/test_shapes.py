"""A telegram read by its remembered shape is the telegram read byte by byte."""

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.mbus import encode, records, shapes, telegram
from shared.mbus.frames import RSP_UD, long_frame

CODINGS = {
    "int8": (1, b"\x13"),
    "int16": (2, b"\xfd\x48"),
    "int24": (3, b"\x2b"),
    "int32": (4, b"\x78"),
    "int48": (6, b"\x06"),
    "int64": (8, b"\xfd\x17"),
    "real32": (4, b"\x5b"),
    "bcd2": (1, b"\x74"),
    "bcd6": (3, b"\x93\x3b"),
    "bcd12": (6, b"\x06"),
    "F": (4, b"\x6d"),
    "G": (2, b"\x6c"),
    "I": (6, b"\x6d"),
    "text": (5, b"\xfd\x11"),
    "none": (0, b"\x13"),
}


def frame(kinds, data, tail):
    """Return a telegram with a record of each of `kinds`, their bytes taken from `data` in turn."""
    body = b""
    for kind in kinds:
        size, vif = CODINGS[kind]
        head = encode.record(kind, vif, {"text": "", "real32": (0, 0)}.get(kind, _zero(kind, size)))
        part, data = data[:size], data[size:]
        if kind == "text":
            body += head[:-1] + b"\x05" + part
        else:
            body += head[: len(head) - size] + part
    whole = encode.variable_data("12345678", "ABC", 1, 4, len(data), 0, 0, body + tail)
    return long_frame(RSP_UD, 1, 0x72, whole)


def _zero(kind, size):
    return bytes(size) if kind in "FGI" else None if kind == "none" else 0


@settings(deadline=None)
@given(st.lists(st.sampled_from(sorted(CODINGS)), min_size=1, max_size=8), st.data())
def test_it_is_read_as_without_a_shape(kinds, data):
    shapes.forget()
    tail = data.draw(st.sampled_from([b"", b"\x0f\x01\x02", b"\x1f", b"\x2f"]))
    size = sum(CODINGS[kind][0] for kind in kinds)
    for _ in range(4):
        digits = st.sampled_from([0x00, 0x12, 0x99, 0x7F, 0x80, 0xFF, 0xF1, 0x3A])
        values = bytes(data.draw(st.lists(digits, min_size=size, max_size=size)))
        sent = frame(kinds, values, tail)
        assert telegram.decode(sent).records == records.read(sent, 19, len(sent) - 2)


def test_another_structure_of_the_same_meter_and_length_is_not_mistaken():
    shapes.forget()
    first, second = frame(["int32"], b"\x01\0\0\0", b""), frame(["F"], b"\x01\0\x21\x01", b"")
    second = long_frame(RSP_UD, 1, 0x72, second[7:-2] + b"\x2f" * (len(first) - len(second)))
    for sent in (first, first, first, second, second, second, first):
        assert telegram.decode(sent).records == records.read(sent, 19, len(sent) - 2)


def test_the_memory_is_bounded(monkeypatch):
    shapes.forget()
    monkeypatch.setattr(shapes, "_KEPT", 3)
    for number in range(20):
        body = encode.variable_data(number, "ABC", 1, 4, 0, 0, 0, b"\x01\x13\x05")
        telegram.decode(long_frame(RSP_UD, 1, 0x72, body))
        assert len(shapes._shapes) <= 3
