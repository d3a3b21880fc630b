"""A telegram taken apart: every byte has its place, and rubbish still has its dump."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.web.anatomy import dissect
from tests.fakes import installation
from tests.fakes.real_telegrams import TELEGRAMS


def test_every_byte_of_a_heat_meters_telegram_has_its_place():
    frame = installation.heat("10000001", 148210)[0]
    anatomy = dissect(frame)
    cells = [cell for _, row in anatomy.dump() for cell in row]
    assert bytes.fromhex("".join(cell.hex for cell in cells)) == frame
    assert all(cell.part for cell in cells)
    assert (anatomy.manufacturer, anatomy.serial, anatomy.medium) == ("AMT", "10000001", 4)
    assert anatomy.error is None


@given(st.binary(max_size=80))
def test_rubbish_has_a_dump_and_a_reason(data):
    anatomy = dissect(data)
    assert sum(len(row) for _, row in anatomy.dump()) == len(data)
    assert anatomy.error


@pytest.mark.skipif(not TELEGRAMS.exists(), reason="real telegrams are not here")
def test_records_of_real_telegrams_stand_inside_their_frames():
    for text in TELEGRAMS.read_text("utf-8").splitlines():
        frame = bytes.fromhex(json.loads(text)["hex"])
        anatomy = dissect(frame)
        anatomy.dump()
        for record in anatomy.records:
            assert 0 <= record["offset"] <= record["offset"] + record["length"] <= len(frame)
