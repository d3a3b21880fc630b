"""JSON: exact numbers of any size, texts as they are, null where a readout does not say."""

import json
from decimal import Decimal
from typing import Any

from host.export import as_json
from host.export.form import Format
from host.export.subject import Subject
from host.store import block
from host.store.tables import to_ms
from shared.mbus import encode
from tests.host.export.test_standard import AT, METER, telegram


def loaded(*blobs: bytes, language: str = "en") -> Any:
    rows = [(to_ms(AT) + 900_123 * n, blob) for n, blob in enumerate(blobs)]
    subject = Subject(METER, lambda: [[block.loose(rows)]] if rows else [])
    text = b"".join(as_json.encode(subject, Format("json", language=language)))
    return json.loads(text, parse_float=Decimal)


def test_values_of_every_kind() -> None:
    r = encode.record
    records = r("int64", b"\x03", 1234567890123456789) + r("int32", b"\x13", 1500)
    records += r("text", b"\xfd\x11", '=say "no"\n') + r("F", b"\x6d", (2026, 11, 27, 17, 30))
    records += r("real32", b"\x3e", (137621, -5), storage=1)
    found = loaded(telegram(records))
    assert found["meter"]["serial"] == "4800181"
    assert found["meter"]["name"] == "CALEC ST"
    assert [value["name"] for value in found["values"]] == [
        *("Energy", "Volume", "Customer", "Timestamp", "Volume flow / Monat 1")
    ]
    assert found["values"][4] | {"storage": 1, "unit": "m³/h"} == found["values"][4]
    (only,) = found["readings"]
    assert only["at"] == "2017-01-26T16:12:40.000Z"
    assert only["values"] == [
        1234567890123456789,
        Decimal("1.5"),
        '=say "no"\n',
        "2026-11-27T17:30:00",
        Decimal("1.37621"),
    ]


def test_what_a_readout_does_not_say_is_null_and_a_broken_one_keeps_its_line() -> None:
    energy, volume = encode.record("int32", b"\x03", 5), encode.record("int32", b"\x13", 7000)
    broken = b"\x68\x03\x03\x68\x08\x0a\x72\x84\x16"
    found = loaded(telegram(energy), telegram(volume), broken)
    assert [one["values"] for one in found["readings"]] == [[5, None], [None, 7], [None, None]]
    assert found["readings"][1]["at"] == "2017-01-26T16:27:40.123Z"


def test_no_readings_are_an_empty_list() -> None:
    assert loaded()["readings"] == []


def test_names_in_a_language() -> None:
    found = loaded(telegram(encode.record("int32", b"\x03", 5)), language="de")
    assert found["values"][0]["name"] == "Energie"
