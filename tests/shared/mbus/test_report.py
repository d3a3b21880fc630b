"""The JSON of decode_telegram and the telegram told byte by byte."""

import json

from shared.mbus import media, report, telegram
from shared.mbus.encode import fixed_data, record, variable_data
from shared.mbus.frames import RSP_UD, long_frame

RECORDS = (
    record("int32", b"\x06", 12345)
    + record("bcd8", b"\x94\x3b", -5, function=1, storage=33, tariff=2, subunit=1)
    + record("int16", b"\x22", 3)
    + record("text", b"\x7c\x03HR%", 'a"\\\n\u00e9')
    + record("none", b"\x13", None)
    + record("G", b"\x6c", bytes(2))
)


def answer(records, signature=0, more=False):
    data = variable_data("0012AB78", "KAM", 27, 4, 42, 0x5, signature, records, more)
    return long_frame(RSP_UD, 1, 0x72, data)


def test_the_object_has_the_keys_of_the_contract():
    told = report.frame_as_dict(answer(RECORDS, more=True))
    assert tuple(told) == report.KEYS
    assert (told["ok"], told["error"], told["ci"]) == (True, None, 0x72)
    assert (told["manufacturer"], told["id"]) == ("KAM", "0012AB78")
    assert (told["version"], told["medium"], told["access_no"]) == (27, "Heat: Outlet", 42)
    assert (told["status"], told["signature"], told["more"]) == ("05", "0000", True)
    values = [(found["value"], found["unit"]) for found in told["records"]]
    assert values[:5] == [
        ("12345000", "Wh"),
        ("-0.05", "m^3"),
        ("10800", "s"),
        ('a"\\\n\u00e9', ""),
        (None, "m^3"),
    ]
    assert values[5] == ("0000", "")
    assert told["records"][5]["error"] == "no date: month 0, day 0"
    assert all("error" not in found for found in told["records"][:5])


def test_json_keeps_the_order_and_is_json():
    told = report.frame_as_dict(answer(RECORDS))
    text = report.to_json(told)
    assert json.loads(text) == told
    assert text.isascii()
    assert list(json.loads(text)) == list(report.KEYS)
    assert list(json.loads(text)["records"][5]) == list(report.RECORD_KEYS)


def test_a_frame_that_is_none_is_told_too():
    told = report.frame_as_dict(b"\x68\x05\x05\x68garbage\x00\x16")
    assert told["ok"] is False
    assert told["error"]
    assert told["records"] == []
    assert json.loads(report.to_json(told)) == told


def test_explain_accounts_for_every_byte():
    said = telegram.decode(answer(RECORDS, more=True))
    lines = report.explain(said)
    at = 19
    for line in lines:
        assert line["offset"] == at
        at += line["length"]
    assert at == len(said.frame) - 2
    first, second, third = lines[:3]
    assert (first["dif"], first["vif"], first["data"]) == ("04", "06", "39300000")
    assert (first["factor"], first["value"]) == ("10^3 Wh", "12345000")
    assert (second["dif"], second["vif"]) == ("dce001", "943b")
    assert (third["factor"], third["unit"], third["value"]) == ("h", "s", "10800")
    assert lines[3]["vif"] == "7c03485225"


def test_explain_finds_the_counters_of_a_fixed_structure():
    data = fixed_data("12345678", 10, 0, 4, (0x05, 0x2C), (1234, 99))
    lines = report.explain(telegram.decode(long_frame(RSP_UD, 5, 0x73, data)))
    assert [(line["offset"], line["length"], line["data"]) for line in lines] == [
        (15, 4, "34120000"),
        (19, 4, "99000000"),
    ]
    assert [(line["value"], line["unit"]) for line in lines] == [("1234000", "Wh"), ("99", "m^3")]


def test_status_flags():
    assert report.status_flags(0) == []
    assert report.status_flags(None) == []
    assert report.status_flags(0x01) == ["application_busy"]
    assert report.status_flags(0x1E) == [
        "application_error",
        "power_low",
        "permanent_error",
        "temporary_error",
    ]
    assert report.status_flags(0xE0) == ["manufacturer_5", "manufacturer_6", "manufacturer_7"]


def test_media():
    assert media.medium(0x04) == "Heat: Outlet"
    assert media.medium(0x04, fixed=True) == "Heat"
    assert media.medium(0xFE) == "Reserved FEh"
    assert media.medium(None) is None
