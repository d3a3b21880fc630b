"""The Standard CSV against the manual's example (11.2): CALEC ST, 23 values, in its order."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from host.export import columns, standard
from host.export.form import Format
from host.export.subject import Subject
from host.store import block
from host.store.meters import Meter
from host.store.readings import Reading
from host.store.tables import to_ms
from shared.mbus import encode, frames

AT = datetime(2017, 1, 26, 16, 12, 40, tzinfo=UTC)
METER = Meter(
    id=29,
    address="10",
    name="CALEC ST",
    site="",
    baud=2400,
    cycle_s=None,
    snd_nke=True,
    application_reset=None,
    segment=1,
    per_day=None,
    settle_ms=0,
    retries=2,
    cost_centre="",
    comment="",
    meter_type=None,
    changed_from=None,
    primary=10,
    secondary="04800181B405C004",
    manufacturer="AMT",
    serial="04800181",
    version=192,
    medium=4,
    state="ok",
    status=0,
    last_read_at=AT,
    last_attempt_at=AT,
    error_key=None,
    error_detail=None,
)


def unix(*moment: int) -> str:
    return str(int(datetime(*moment, tzinfo=UTC).timestamp()))


# header, unit, cell in the manual's first row, how it is encoded
CALEC_ST = [
    ("Energy", "Wh", "2709840000", ("real32", b"\x03", (2709840000, 0))),
    ("Volume", "m³", "43240.1", ("real32", b"\x16", (432401, -1))),
    ("Units for H. C. A.", "", "0", ("int32", b"\x6e", 0)),
    ("Units for H. C. A.", "", "0", ("int32", b"\x6e", 0)),
    ("Power", "W", "86269.3", ("real32", b"\x2b", (862693, -1))),
    ("Volume flow", "m³/h", "1.37621", ("real32", b"\x3e", (137621, -5))),
    ("Flow temperature", "Degree C", "131.759", ("real32", b"\x5b", (131759, -3))),
    ("Return temperature", "Degree C", "76.9198", ("real32", b"\x5f", (769198, -4))),
    ("Temperature difference", "K", "54.8394", ("real32", b"\x63", (548394, -4))),
    ("Energy (per kelvinliter)", "Wh", "1.14265", ("real32", b"\x83\x33", (114265, -5))),
    ("Mass (per liter)", "kg", "0.974371", ("real32", b"\x9b\x2c", (974371, -6))),
    ("On time", "h", "45865", ("int32", b"\x22", 45865)),
    ("On time / VT=3 (Error)", "h", "0", ("int32", b"\x22", 0, 3)),
    ("Volume (per input pulse ch. 0)", "m³", "0.00101", ("real32", b"\x96\x28", (101, -5))),
    ("Units for H. C. A. (per input pulse ch. 0)", "", "1", ("int32", b"\xee\x28", 1)),
    ("Units for H. C. A. (per input pulse ch. 0)", "", "1", ("int32", b"\xee\x28", 1)),
    ("Address", "None", "10", ("int8", b"\x7a", 10)),
    ("Fabrication", "None", "4800181", ("bcd8", b"\x78", 4800181)),
    (
        "Timestamp (future value) / Monat 1",
        "UTC",
        unix(2034, 2, 22, 18, 35),
        ("F", b"\xed\x7e", (2034, 2, 22, 18, 35), 0, 1),
    ),
    (
        "Timestamp (future value) / Monat 2",
        "UTC",
        unix(2034, 8, 25, 18, 35),
        ("F", b"\xed\x7e", (2034, 8, 25, 18, 35), 0, 2),
    ),
    ("Customer", "None", "0", ("int32", b"\xfd\x11", 0)),
    ("Metrology (firmware) version", "None", "10500", ("int16", b"\xfd\x0e", 10500)),
    ("Hardware version", "None", "0", ("int8", b"\xfd\x0d", 0)),
]


def telegram(records: bytes, more: bool = False) -> bytes:
    data = encode.variable_data("04800181", "AMT", 192, 4, 1, 0, 0, records, more)
    return frames.long_frame(frames.RSP_UD, 10, 0x72, data)


def reading(*records: bytes, at: datetime = AT) -> Reading:
    return Reading(1, 29, at, [telegram(part) for part in records])


def written(readings: Sequence[Reading], form: Format | None = None, meter: Meter = METER) -> bytes:
    rows = [(to_ms(reading.at), b"".join(reading.frames)) for reading in readings]
    subject = Subject(meter, lambda: [[block.loose(rows)]])
    return b"".join(standard.encode(subject, form or Format()))


def table(
    readings: Sequence[Reading], form: Format | None = None, meter: Meter = METER
) -> list[list[str]]:
    text = written(readings, form, meter).decode()
    separator = (form or Format()).separator
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def calec() -> list[bytes]:
    return [encode.record(*how) for _, _, _, how in CALEC_ST]


def test_the_23_values_of_the_calec_st_stand_in_the_manuals_order() -> None:
    header, row = table([reading(b"".join(calec()))])
    assert header[:6] == [
        "Date/Time(UTC)",
        "PrimaryAddress",
        "Serial",
        "ManufacturerId",
        "Version",
        "Medium",
    ]
    assert row[:6] == ["26.01.2017 16:12", "10", "4800181", "AMT", "192", "Heat (outlet)"]
    assert header[6::2] == [name for name, *_ in CALEC_ST]
    assert header[7::2] == [f"{name}_Einheit" for name, *_ in CALEC_ST]
    assert row[6::2] == [value for _, _, value, _ in CALEC_ST]
    assert row[7::2] == [unit for _, unit, _, _ in CALEC_ST]


def test_the_telegrams_of_one_readout_join_into_one_row() -> None:
    parts = calec()
    joined = table([reading(b"".join(parts[:9]), b"".join(parts[9:16]), b"".join(parts[16:]))])
    assert joined == table([reading(b"".join(parts))])


def test_a_row_a_readout_the_oldest_first_and_columns_that_come_later() -> None:
    energy = encode.record("int32", b"\x03", 5)
    volume = encode.record("int32", b"\x13", 1234)
    rows = table(
        [
            reading(energy),
            reading(volume + energy, at=AT + timedelta(minutes=15)),
            reading(energy, at=AT + timedelta(minutes=30)),
        ]
    )
    assert rows[0][6:] == ["Energy", "Energy_Einheit", "Volume", "Volume_Einheit"]
    assert [row[0] for row in rows[1:]] == [
        "26.01.2017 16:12",
        "26.01.2017 16:27",
        "26.01.2017 16:42",
    ]
    assert [row[6:] for row in rows[1:]] == [
        ["5", "Wh", "", ""],
        ["5", "Wh", "1.234", "m³"],
        ["5", "Wh", "", ""],
    ]


@pytest.mark.parametrize(
    ("coding", "value", "cell"),
    [
        ("int64", 123456789012345678, "123456789012345678"),
        ("bcd12", -99999999999, "-99999999999"),
        ("int32", -5, "-5"),
        ("real32", (-5, 0), "-5"),
        ("real32", (16777217, 0), "16777200"),
    ],
)
def test_integers_are_exact_floats_have_6_digits_and_numbers_no_apostrophe(
    coding: str, value: object, cell: str
) -> None:
    assert table([reading(encode.record(coding, b"\x2b", value))])[1][6] == cell


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_that_looks_like_a_formula_is_disarmed(begin: str) -> None:
    hostile = begin + "cmd|' /C calc'!A0;x"
    row = table([reading(encode.record("text", b"\xfd\x11", hostile))])[1]
    assert row[6] == "'" + hostile
    plain = table([reading(encode.record("text", b"\xfd\x11", "Flat 3"))])[1]
    assert plain[6] == "Flat 3"


def test_a_hostile_plain_text_unit_reaches_neither_header_nor_cell() -> None:
    vif = b"\x7c\x05" + b"=1+1;"[::-1]
    rows = table([reading(encode.record("int8", vif, 1))])
    assert all(not cell.startswith(("=", "+", "@")) for row in rows for cell in row)
    assert len(rows[0]) == len(rows[1]) == 8


def test_a_day_without_a_year_stays_as_it_was_sent() -> None:
    record = bytes([0x02, 0x6C, 0xFF, 0xFC])
    cell = table([reading(record)])[1][6]
    assert not cell.isdecimal()
    assert cell


def test_a_broken_telegram_keeps_its_row() -> None:
    broken = Reading(1, 29, AT, [b"\x68\x03\x03\x68\x08\x0a\x72\x00\x16"])
    rows = table([reading(encode.record("int8", b"\x03", 1)), broken])
    assert rows[2] == ["26.01.2017 16:12", "10", "4800181", "AMT", "192", "Heat (outlet)", "", ""]


def test_values_without_data_have_no_column() -> None:
    empty = bytes([0x00, 0x13])
    assert table([reading(empty + encode.record("int8", b"\x03", 1) + b"\x0f")])[0][6:] == [
        "Energy",
        "Energy_Einheit",
    ]
    assert table([reading(b"\x0f\x12\x34")])[1][6] == "1234"


def test_separator_line_ends_and_byte_order_mark() -> None:
    data = [reading(encode.record("int8", b"\x03", 1))]
    for separator in ";,\t":
        text = written(data, Format(separator=separator)).decode()
        assert text.startswith(f"Date/Time(UTC){separator}PrimaryAddress{separator}")
        assert text.endswith(f"{separator}1{separator}Wh\r\n")
        assert text.count("\r\n") == text.count("\n") == 2
    assert written(data, Format(bom=True)).startswith(b"\xef\xbb\xbfDate/")


def test_another_language_translates_the_names_only(monkeypatch: pytest.MonkeyPatch) -> None:
    words = {"Energy": "Energie", "per kelvinliter": "je Kelvinliter"}
    monkeypatch.setattr(columns, "gettext", lambda _language, word: words.get(word, word))
    data = [reading(b"".join(calec()))]
    english, german = table(data)[0], table(data, Format(language="de"))[0]
    assert german[:6] == english[:6]
    assert len(german) == len(english)
    assert german[6] == "Energie"
    assert german[24] == "Energie (je Kelvinliter)"
    assert german[7] == "Energie_Einheit"
    assert [row[6] for row in table(data, Format(language="de"))[1:]] == ["2709840000"]


def test_the_first_cells_come_before_any_reading_is_looked_at() -> None:
    def pieces() -> Sequence[Sequence[block.Block]]:
        pytest.fail("read before the first bytes were sent")

    assert next(standard.encode(Subject(METER, pieces), Format())).startswith(b"Date/Time(UTC);")


def test_a_decimal_comma_is_quoted_only_where_it_separates() -> None:
    data = [reading(encode.record("int32", b"\x13", 1500) + encode.record("int32", b"\x03", 5))]
    text = written(data, Format(separator=";", mark=",")).decode()
    assert text.endswith(";1,5;m³;5;Wh\r\n")
    text = written(data, Format(separator=",", mark=",")).decode()
    assert text.endswith(',"1,5",m³,5,Wh\r\n')
