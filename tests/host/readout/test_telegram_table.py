"""The table of a telegram: readable, aligned, and safe to print whatever a meter sends."""

from typing import Any

from host.readout import telegram_table

RECORD = {
    "function": "instantaneous",
    "storage": 0,
    "tariff": 0,
    "subunit": 0,
    "name": "Volume",
    "quantity": "Volume",
    "unit": "m^3",
    "value": "54.321",
    "raw": "31D40000",
}
REPORT: dict[str, Any] = {
    "ok": True,
    "error": None,
    "ci": 0x72,
    "manufacturer": "ACW",
    "id": "11490378",
    "version": 14,
    "medium": "Cold water",
    "access_no": 10,
    "status": "00",
    "signature": "B627",
    "more": False,
    "records": [RECORD, RECORD | {"name": "Volume flow", "value": "-0.5", "unit": "m^3/h"}],
}


def test_the_header_names_the_meter():
    first = telegram_table.table(REPORT, 3).splitlines()[0]
    for part in ("#3", "ACW 11490378", "version 14", "status 00h", "signature B627h", "CI 72h"):
        assert part in first


def test_numbers_stand_under_each_other():
    heads, rule, *rows = telegram_table.table(REPORT).splitlines()[1:]
    assert set(rule) == {"-", " "}
    end = heads.index("value") + len("value")
    assert [row[:end].split()[-1] for row in rows] == ["54.321", "-0.5"]
    assert len({row.index("m^3") for row in rows}) == 1


def test_a_frame_that_cannot_be_decoded_says_why():
    nothing = dict.fromkeys(REPORT) | {"ok": False, "error": "wrong checksum", "records": []}
    assert telegram_table.table(nothing).splitlines() == ["no frame", "  error: wrong checksum"]


def test_no_control_character_reaches_the_terminal():
    hostile = "\x1b[2J\r\n\x07\x9b\u202eevil\x7f"
    record = RECORD | {"name": hostile, "value": hostile, "unit": hostile}
    shown = telegram_table.table(REPORT | {"records": [record], "error": hostile, "ok": False})
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert len(shown.splitlines()) == 5
    assert "\\x1b[2J" in shown


def test_a_very_long_value_is_cut():
    shown = telegram_table.table(REPORT | {"records": [RECORD | {"raw": "AB" * 250}]})
    assert max(map(len, shown.splitlines())) < 200
    assert "…" in shown


def test_a_value_that_cannot_be_read_says_why():
    bad = RECORD | {"value": "EEEE", "error": "BCD with hex digits"}
    heads, _rule, good_row, bad_row = telegram_table.table(
        REPORT | {"records": [RECORD, bad]}
    ).splitlines()[1:]
    assert heads.endswith("error")
    assert bad_row.endswith("BCD with hex digits")
    assert good_row.endswith("31D40000")
