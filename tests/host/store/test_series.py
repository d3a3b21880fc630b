"""Numbers from columns are the decoder's own, wherever the readings lie."""

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from host.store import arrivals, block, compaction, layouts, meters, series
from host.store.arrivals import Arrival
from host.store.layouts import Layout
from host.store.series import Key
from host.store.tables import DAY_MS, to_ms
from shared import reading
from shared.errors import MbuslinkError
from shared.mbus import encode
from tests.fakes import installation
from tests.fakes.real_telegrams import TELEGRAMS
from tests.host.store.test_block import a_day, shaken

AT = datetime(2026, 11, 20, tzinfo=UTC)
ENERGY = Key(b"\x0c\x06", 0)
FLOW_MAXIMUM = Key(b"\x1b\x2b", 0)
REAL_FLOW = Key(b"\x05\x3e", 0)
SERIAL = "10000001"


def decoded(blobs: Sequence[bytes], key: Key) -> list[tuple[int, int] | None]:
    """Return what the decoder makes of the record `key` in each readout."""
    found: list[tuple[int, int] | None] = []
    for blob in blobs:
        same = [
            record
            for _, record in series.records(blob)
            if record[0][record[1] : record[3]] == key.head
        ]
        found.append(reading.scaled(same[key.nth]) if key.nth < len(same) else None)
    return found


def from_columns(blobs: Sequence[bytes], key: Key) -> list[tuple[int, int] | None]:
    """Return the same by `numbers_of`, None where there is no number."""
    rows = a_day(blobs)
    told = {
        moment: (mantissa, piece.exponent)
        for piece in series.numbers_of(block.Block(block.pack(rows)), key)
        for moment, mantissa in zip(piece.moments, piece.mantissas, strict=True)
    }
    return [told.get(moment) for moment, _ in rows]


def test_every_value_of_a_meter_of_every_kind() -> None:
    for telegrams in (
        [b"".join(installation.heat(SERIAL, 148000 + n)) for n in range(5)],
        [b"".join(installation.electricity(SERIAL, 4000 - n)) for n in range(5)],
        [b"".join(installation.room(SERIAL, 1978 - 1000 * n)) for n in range(5)],
        [b"".join(installation.hostile(SERIAL)) for _ in range(2)],
    ):
        values = series.values(Layout(telegrams[0]))
        assert len(values) == len(series.records(telegrams[0]))
        for value in values:
            assert from_columns(telegrams, value.key) == decoded(telegrams, value.key)


def test_plain_counters_are_not_decoded_reading_by_reading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    telegrams = [b"".join(installation.heat(SERIAL, 148000 + n)) for n in range(96)]
    packed = block.Block(block.pack(a_day(telegrams)))
    series.values(packed.parts[0].layout)
    monkeypatch.setattr(series, "records", lambda _: pytest.fail("decoded a telegram"))
    (piece,) = series.numbers_of(packed, ENERGY)
    assert (piece.mantissas[0], piece.exponent) == (148000, 3)


@pytest.mark.parametrize(
    ("coding", "value"),
    [("int8", -5), ("int16", 40000 - 65536), ("int24", -1), ("int48", 1 << 40), ("int64", -9)],
)
def test_signs_are_the_decoders(coding: str, value: int) -> None:
    vifs = (b"\x03", b"\x59", b"\xfd\x3a", b"\x22", b"\xfd\x17")
    for vif in vifs:  # energy, temperature, a dimensionless one, a time, error flags
        blobs = [
            installation.answer(SERIAL, "ABC", 4, encode.record(coding, vif, one))
            for one in (0, value, 3)
        ]
        for found in series.values(Layout(blobs[0])):
            assert from_columns(blobs, found.key) == decoded(blobs, found.key)


@pytest.mark.skipif(not TELEGRAMS.is_file(), reason="the collected telegrams are not here")
def test_real_telegrams_with_anything_in_their_fields() -> None:
    compared = 0
    for seed, line in enumerate(TELEGRAMS.read_text().splitlines()):
        frame = bytes.fromhex(json.loads(line)["hex"])
        try:
            blobs = shaken(frame, seed, 6)
        except MbuslinkError:
            continue
        for value in series.values(layouts.of(Layout(frame).blank)):
            assert from_columns(blobs, value.key) == decoded(blobs, value.key), (line, value)
            compared += 1
    assert compared > 1000


def test_a_period_over_blocks_rows_and_a_late_reading(session: Session) -> None:
    meter = meters.add(session, "10")
    chance = random.Random(1)
    hours = [n for n in range(120) if n != 30]
    for number, hour in enumerate([*hours, 30]):
        at = AT + timedelta(hours=hour)
        frames = installation.heat(SERIAL, 1000 + hour)
        arrivals.append(session, [Arrival(meter.id, at, frames, "b", 1, number)])
        if number == len(hours) - 1:
            for day in (0, 1, 3):
                compaction.pack(session, to_ms(AT) // DAY_MS + day, [meter.id])
                if chance.random() < 0.7:
                    compaction.forget(session, to_ms(AT) // DAY_MS + day)
    since, until = to_ms(AT + timedelta(hours=7)), to_ms(AT + timedelta(hours=110, minutes=1))
    pieces = list(series.numbers(session, meter.id, ENERGY, since, until))
    told = [one for piece in pieces for one in zip(piece.moments, piece.mantissas, strict=True)]
    wanted = [(to_ms(AT + timedelta(hours=hour)), 1000 + hour) for hour in range(7, 111)]
    assert told == wanted
    assert {piece.exponent for piece in pieces} == {3}


def test_an_exchanged_meter_is_told_by_who_it_is() -> None:
    old = [b"".join(installation.water("20000002", n)) for n in range(5)]
    new = [b"".join(installation.water("20000003", n)) for n in range(4)]
    packed = block.Block(block.pack(a_day(old + new)))
    first, second = series.numbers_of(packed, Key(b"\x0c\x13", 0))
    assert (list(first.mantissas), list(second.mantissas)) == ([*range(5)], [*range(4)])
    assert first.who != second.who


def test_floats_and_other_functions_are_values_of_their_own() -> None:
    blobs = [b"".join(installation.heat(SERIAL, 1))] * 2
    assert from_columns(blobs, REAL_FLOW) == decoded(blobs, REAL_FLOW)
    assert from_columns(blobs, FLOW_MAXIMUM) == [(18250, 0)] * 2
