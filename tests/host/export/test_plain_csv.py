"""Both CSV files are to the byte what csv.writer makes of telegrams that are decoded one by one."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.export import columns, full_db, standard
from host.export.form import DECIMAL_MARKS, SEPARATORS, Format
from host.export.subject import Subject
from host.store import block, layouts
from host.store.readings import Reading
from host.store.tables import to_ms
from shared.errors import MbuslinkError
from shared.mbus import encode, frames
from tests.fakes import installation, plain_csv
from tests.fakes.real_telegrams import TELEGRAMS
from tests.host.export.test_standard import AT, METER
from tests.host.store.test_block import shaken

SERIAL = "10000001"
HOSTILE = replace(
    METER, name='=1+1;"\r\n', site="@home\nsweet", cycle_s=60, per_day=4, state="error"
)
TEXTS = ('plain, "quoted"; text', "=1+1", "-5", "\r\n", "tab\tand;", "")

Blobs = Sequence[bytes]


def same(blobs: Blobs, form: Format, minutes: int = 15, per_block: int = 7) -> None:
    """Check both files of these readouts, some to a block."""
    rows = [(to_ms(AT + timedelta(minutes=n * minutes)), blob) for n, blob in enumerate(blobs)]
    readings = [
        Reading(n, METER.id, AT + timedelta(minutes=n * minutes), layouts.split(blob))
        for n, blob in enumerate(blobs)
    ]
    blocks = [
        block.Block(block.pack(rows[at : at + per_block])) for at in range(0, len(rows), per_block)
    ]
    for meter in (METER, HOSTILE):
        subject = Subject(meter, lambda: [blocks], lambda: readings[-1])
        written = b"".join(standard.encode(subject, form))
        assert written == plain_csv.standard(meter, lambda: readings, form)
        written = b"".join(full_db.encode(subject, form))
        assert written == plain_csv.full_db(meter, lambda: readings, form, readings[-1], 10**9)


def r(*arguments: object, **more: int) -> bytes:
    return bytes(encode.record(*arguments, **more))


def one(records: bytes) -> bytes:
    return installation.answer(SERIAL, "AMT", 4, records)


def fixed(number: int) -> bytes:
    data = encode.fixed_data(SERIAL, 1, 0, 4, [0x05, 0x05], [number % 10**8, 12])
    return bytes(frames.long_frame(frames.RSP_UD, 1, 0x73, data))


MAKERS: Sequence[Callable[[int], bytes]] = (
    lambda n: b"".join(installation.heat(SERIAL, 148000 + n % 10**6)),
    lambda n: b"".join(installation.electricity(SERIAL, n % 10**6)),
    lambda n: b"".join(installation.room(SERIAL, n % 30000 - 10000)),
    lambda n: b"".join(installation.hostile(SERIAL)),
    lambda n: fixed(n),
    lambda n: b"\x68\x03\x03\x68\x08\x0a\x72\x84\x16",
    lambda n: one(r("text", b"\xfd\x11", TEXTS[n % len(TEXTS)]) + r("int8", b"\x03", n % 100)),
    lambda n: one(r("int32", b"\x12", n % 2**31) + r("int32", b"\x10", n % 2**31)),
    lambda n: one(r("int64", b"\x03", n << 22) + r("int64", b"\x13", -n << 22)),
    lambda n: one(r("bcd12", b"\x13", n % 10**11) + r("bcd8", b"\x22", n % 10**7)),
    lambda n: one(b"\x05\x3e" + (n % 2**32).to_bytes(4, "little") + b"\x05\x06" + bytes(4)),
    lambda n: one(b"\x05\x05" + (n * 2654435761 % 2**32).to_bytes(4, "little")),
    lambda n: one(b"\x04\x6d" + (n % 2**32).to_bytes(4, "little")),
    lambda n: one(b"\x0e\x6d" + (n % 10**12).to_bytes(6, "little") + b"\x02\x6c\xff\xfc"),
    lambda n: one(b"\x0c\x13" + (n % 2**32).to_bytes(4, "little") + b"\x00\x13"),
)


@st.composite
def readouts(draw: st.DrawFn) -> Blobs:
    """A meter that mostly says one thing, and sometimes another."""
    first = draw(st.sampled_from(MAKERS))
    makers = st.sampled_from((first, first, first, draw(st.sampled_from(MAKERS))))
    count = draw(st.integers(1, 20))
    return [draw(makers)(draw(st.integers(0, 2**40))) for _ in range(count)]


forms = st.builds(
    Format,
    separator=st.sampled_from(SEPARATORS),
    mark=st.sampled_from(DECIMAL_MARKS),
    language=st.sampled_from(("de", "en", "fr")),
    bom=st.booleans(),
)


@given(readouts(), forms, st.sampled_from((1, 15, 1441)), st.sampled_from((1, 7, 100)))
@settings(max_examples=150, deadline=None)
def test_whatever_a_meter_says(blobs: Blobs, form: Format, minutes: int, per_block: int) -> None:
    same(blobs, form, minutes, per_block)


def test_a_meter_of_every_kind() -> None:
    for maker in MAKERS:
        same([maker(n * 977) for n in range(40)], Format(language="de"))


@pytest.mark.skipif(not TELEGRAMS.exists(), reason="the telegrams are not on this machine")
def test_real_telegrams_whatever_stands_in_their_fields() -> None:
    seen = 0
    for line in TELEGRAMS.read_text().splitlines():
        known = json.loads(line)
        if known.get("kind") != "slave":
            continue
        frame = bytes.fromhex(known["hex"])
        try:
            blobs = shaken(frame, seed=seen, count=5)
        except MbuslinkError:
            continue
        if frame[:1] == b"\x68" and len(frame) == frame[1] + 6:
            same(blobs, Format(mark=random.Random(seen).choice(".,")))
            seen += 1
    assert seen > 100


def test_plain_values_are_not_decoded_reading_by_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    records = r("int32", b"\x13", 7) + r("real32", b"\x3e", (5, -1)) + r("bcd8", b"\x06", 9)
    records += r("F", b"\x6d", (2026, 1, 2, 3, 4))
    (packed,) = [block.loose([(to_ms(AT), one(records))])]
    subject = Subject(METER, lambda: [[packed]])
    expected = b"".join(standard.encode(subject, Format()))
    monkeypatch.setattr(columns, "_record", lambda *_: pytest.fail("decoded a record"))
    assert b"".join(standard.encode(subject, Format())) == expected
