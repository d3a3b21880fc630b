"""EN 13757-3:2018 written down a second time, from the standard and not from our tables: data.

Each row is the bytes a meter would send and what the standard says they mean. Whoever changes
`shared/mbus` and breaks a row has either found a fault here (then the clause decides) or made one.
"""

from decimal import Decimal

import pytest

from shared.mbus import report, telegram
from tests.shared.mbus.standard import frame, minutes, only, records, unread

INTEGERS = (
    ("01 03 7F", "127"),
    ("01 03 FF", "-1"),
    ("02 03 FF7F", "32767"),
    ("03 03 FFFF7F", "8388607"),
    ("03 03 FEFFFF", "-2"),
    ("04 03 FFFFFF7F", "2147483647"),
    ("04 03 FFFFFFFF", "-1"),
    ("06 03 FFFFFFFFFF7F", "140737488355327"),
    ("07 03 FFFFFFFFFFFFFF7F", "9223372036854775807"),
    ("07 03 FEFFFFFFFFFFFFFF", "-2"),
    # type A: BCD; F in the highest digit is a minus sign
    ("09 03 99", "99"),
    ("09 03 F9", "-9"),
    ("0A 03 3412", "1234"),
    ("0A 03 34F2", "-234"),
    ("0B 03 563412", "123456"),
    ("0B 03 5634F2", "-23456"),
    ("0C 03 78563412", "12345678"),
    ("0C 03 785634F2", "-2345678"),
    ("0E 03 129078563412", "123456789012"),
    ("0E 03 1290785634F2", "-23456789012"),
    # type H: IEEE 754, taken apart exactly
    ("05 03 0000803F", "1"),
    ("05 03 000020C1", "-10"),
    ("05 03 0000003E", "0.125"),
    ("05 03 00000000", "0"),
    ("05 03 00000080", "0"),
    ("05 03 00002041", "10"),
    # LVAR numbers (Table 5)
    ("0D 03 C0", None),  # no digits are no number
    ("0D 03 C1 12", "12"),
    ("0D 03 C3 563412", "123456"),
    ("0D 03 C9 785634129078563412", "123456789012345678"),
    ("0D 03 D2 3412", "-1234"),
    ("0D 03 D9 785634129078563412", "-123456789012345678"),
    ("0D 03 E1 05", "5"),
    ("0D 03 E4 D2040000", "1234"),
)


@pytest.mark.parametrize(("wire", "value"), INTEGERS)
def test_data_fields(wire, value):
    assert only(wire)["value"] == value


REALS = (  # REAL32 with the VIF's exponent on top: 04 is 10 Wh, 13 a litre
    ("05 06 0000803F", "1000"),
    ("05 13 0000A040", "0.005"),
    ("05 2B 00007A44", "1000"),
    ("05 FD 48 00006643", "23"),
)


@pytest.mark.parametrize(("wire", "value"), REALS)
def test_a_real_obeys_the_vif_too(wire, value):
    assert Decimal(only(wire)["value"]) == Decimal(value)


@pytest.mark.parametrize("bits", ["0000807F", "000080FF", "0000C07F", "010080FF"])
def test_infinity_and_nan_are_no_numbers(bits):
    unread(only("05 03 " + bits), bits)


@pytest.mark.parametrize(
    ("wire", "shown"),
    [("0A 03 3A12", "123A"), ("0C 03 EEEEEEEE", "EEEEEEEE"), ("0A 03 F3F2", "F2F3")],
)
def test_hex_digits_in_a_bcd_number_are_no_number(wire, shown):
    """They are told as the meter's display shows them, the highest first (annex B)."""
    record = only(wire)
    assert record["value"] == shown
    assert record["error"]


DATES = (
    ("02 6C A122", "2021-02-01"),
    ("02 6C FF2C", "2023-12-31"),
    ("04 6D 1414 A122", "2021-02-01T20:20"),
    ("04 6D 1494 A122", "2021-02-01T20:20"),  # summer time: the local time is told as it is
    ("04 6D 3B37 DF1C", "2014-12-31T23:59"),
    ("04 6D 0020 21C1", "2097-01-01T00:00"),  # hundred year 1: 2000 + 97
    ("04 6D 0000 21C1", "1997-01-01T00:00"),  # hundred year 0, over 80: 1900 + 97
    ("04 6D 0000 A122", "2021-02-01T00:00"),  # hundred year 0, up to 80: 2000 + 21
    ("06 6D 1E1E 14 A122 00", "2021-02-01T20:30:30"),
    ("06 6D 5E5E 34 A122 45", "2021-02-01T20:30:30"),  # DST bits, day of week, week
    ("03 6D 3B300B", "11:48:59"),
    ("42 6C FF1C", "2015-12-31"),
    ("02 FD 70 A122", "2021-02-01"),
    # 12 digits of BCD: second, minute, hour, day, month, year, as ABB's meters send them
    ("0E 6D 59 48 23 31 12 19", "2019-12-31T23:48:59"),
    ("4E ED EB 00 00 00 00 01 01 00", "2000-01-01T00:00:00"),
    ("04 FD 30 1414 A122", "2021-02-01T20:20"),
)


@pytest.mark.parametrize(("wire", "text"), DATES)
def test_dates_and_times(wire, text):
    assert minutes(only(wire)["value"]) == minutes(text)


@pytest.mark.parametrize(
    "wire",
    [
        "02 6C FFFF",
        "02 6C 0000",  # day 0 is "every day", month 0 is nothing
        "02 6C FF2D",  # a month 13
        "04 6D 9414 A122",  # IV
        "04 6D 3C14 A122",  # minute 60
        "04 6D 1418 A122",  # hour 24
        "06 6D 1E9E 14 A122 00",  # IV
        "03 6D FFFFFF",
        "03 6D 3C300B",
        "0E 6D 605923311219",
        "0E 6D 594823FF1219",
        "0C 6D 48233112",
    ],
)
def test_no_date_is_made_of_an_invalid_one(wire):
    unread(only(wire), wire[6:].replace(" ", ""))


@pytest.mark.parametrize("data", ["1414A122", "1E1E14A12200", "141414A1220010"])
def test_a_date_of_type_m_is_not_taken_for_another_type(data):
    """LVAR E2h-EAh: UTC with an offset (annex A); the same bytes as type F are local time."""
    lvar = 0xE0 + len(data) // 2
    record = only(f"0D 6D {lvar:02X} {data}")
    unread(record, data)
    assert "type M" in record["error"]


LONG_BINARY = (  # Table 5: 4 x (LVAR - ECh) bytes, 48, 64
    ("F0", 16),
    ("F1", 20),
    ("F4", 32),
    ("F5", 48),
    ("F6", 64),
)


@pytest.mark.parametrize("vib", ["FD 3A", "7C 02 5750", "78", "03"])
@pytest.mark.parametrize(("lvar", "size"), LONG_BINARY)
def test_long_binary_data_is_told_in_hex(vib, lvar, size):
    data = bytes(range(size)).hex()
    first, second = records("0D" + vib + lvar + data + "01 03 05")
    assert (first["value"], first["raw"]) == (data, data)
    assert second["value"] == "5"


@pytest.mark.parametrize("lvar", ["CA", "CF", "DA", "F7", "FB", "FF"])
def test_a_reserved_lvar_ends_the_telegram_and_says_so(lvar):
    data = bytes.fromhex("01 03 05 0D 03" + lvar + "00" * 20)
    whole = report.as_dict(telegram.decode(frame(data)))
    assert whole["records"][0]["value"] == "5"
    assert lvar in whole["error"]


TEXTS = (
    ("0D 78 05 4F4C4C4548", "HELLO"),  # last character first
    ("0D FD 0C 03 E4 42 41", "ABä"),  # ISO 8859-1
    ("0D 78 00", ""),
)


@pytest.mark.parametrize(("wire", "text"), TEXTS)
def test_texts(wire, text):
    assert only(wire)["value"] == text


HEADERS = (  # function, storage, tariff, subunit (Tables 6 and 7)
    ("01 03 05", "instantaneous", 0, 0, 0),
    ("11 03 05", "maximum", 0, 0, 0),
    ("21 03 05", "minimum", 0, 0, 0),
    ("31 03 05", "error", 0, 0, 0),
    ("41 03 05", "instantaneous", 1, 0, 0),
    ("8110 03 05", "instantaneous", 0, 1, 0),
    ("8140 03 05", "instantaneous", 0, 0, 1),
    ("8101 03 05", "instantaneous", 2, 0, 0),
    ("C101 03 05", "instantaneous", 3, 0, 0),
    ("D1BF7F 03 05", "maximum", 511, 15, 2),
    ("8180808001 03 05", "instantaneous", 8192, 0, 0),
    ("8180C040 03 05", "instantaneous", 0, 0, 6),
    # ten DIFEs: 41 bits of storage, 20 of tariff, 10 of subunit
    ("C1 8F8F8F8F8F8F8F8F8F0F 03 05", "instantaneous", 2**41 - 1, 0, 0),
    ("81 B0B0B0B0B0B0B0B0B030 03 05", "instantaneous", 0, 2**20 - 1, 0),
    ("81 C0C0C0C0C0C0C0C0C040 03 05", "instantaneous", 0, 0, 1023),
)


@pytest.mark.parametrize(("wire", "function", "storage", "tariff", "subunit"), HEADERS)
def test_dif_and_dife(wire, function, storage, tariff, subunit):
    record = only(wire)
    assert record["function"] == function
    assert (record["storage"], record["tariff"], record["subunit"]) == (storage, tariff, subunit)
    assert record["value"] == "5"


SPECIAL = (
    ("0F 01 02 03", "010203", False),
    ("1F 01 02 03", "010203", True),
    ("0F", "", False),
    ("1F", "", True),
)


@pytest.mark.parametrize(("wire", "raw", "more"), SPECIAL)
def test_manufacturer_data_to_the_end(wire, raw, more):
    whole = report.as_dict(telegram.decode(frame(bytes.fromhex("01 03 05" + wire))))
    assert whole["ok"]
    assert whole["more"] is more
    assert whole["records"][0]["value"] == "5"
    assert "".join(record["raw"] for record in whole["records"][1:]).upper() == raw


def test_idle_fillers_are_passed_over():
    values = [record["value"] for record in records("2F 2F 01 03 05 2F 01 03 06 2F 2F")]
    assert values == ["5", "6"]


def test_one_bad_record_does_not_cost_the_rest():
    good = records("02 EF 01 D204 01 03 05")
    assert good[-1]["value"] == "5"
    assert good[0]["raw"].upper() == "D204"


@pytest.mark.parametrize("data", ["04 03 0102", "02", "82", "02 93", "0D 78 05 41", "0D 78"])
def test_a_cut_record_is_told_and_what_came_before_is_kept(data):
    whole = report.as_dict(telegram.decode(frame(bytes.fromhex("01 03 05" + data))))
    assert whole["records"][0]["value"] == "5"
    assert len(whole["records"]) > 1 or not whole["ok"]


FIXED_UNITS = (  # 73h: unit code, unit, factor of the counter in the base unit (Table 6.2)
    *((code, "Wh", 10 ** (code - 0x02)) for code in range(0x02, 0x0B)),
    *((code, "J", 10 ** (code - 0x0B + 3)) for code in range(0x0B, 0x14)),
    *((code, "W", 10 ** (code - 0x14)) for code in range(0x14, 0x1D)),
    *((code, "J/h", 10 ** (code - 0x1D + 3)) for code in range(0x1D, 0x26)),
    *((code, "m^3", Decimal(10) ** (code - 0x26 - 6)) for code in range(0x26, 0x2F)),
    *((code, "m^3/h", Decimal(10) ** (code - 0x2F - 6)) for code in range(0x2F, 0x38)),
    (0x38, "°C", Decimal("0.001")),
)


@pytest.mark.parametrize(("code", "unit", "factor"), FIXED_UNITS)
def test_fixed_structure(code, unit, factor):
    data = bytes.fromhex("78563412 0A 00") + bytes((0xC0 | code, 0x40 | 0x3F))
    data += bytes.fromhex("34120000 35010000")
    whole = report.as_dict(telegram.decode(frame(data, ci=0x73, head=b"")))
    assert whole["ok"], whole["error"]
    assert whole["id"] == "12345678"
    assert whole["access_no"] == 10
    first, second = whole["records"]
    assert first["unit"] == unit
    assert Decimal(first["value"]) == 1234 * factor
    assert second["value"] == "135"


APPLICATION_ERRORS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)


@pytest.mark.parametrize("code", APPLICATION_ERRORS)
def test_an_application_error_says_which(code):
    whole = report.as_dict(telegram.decode(frame(bytes((code,)), ci=0x70, head=b"")))
    assert whole["ci"] == 0x70
    assert whole["error"]
    assert whole["records"] == []


def test_application_errors_differ():
    texts = {
        report.as_dict(telegram.decode(frame(bytes((code,)), ci=0x70, head=b"")))["error"]
        for code in APPLICATION_ERRORS
    }
    assert len(texts) == len(APPLICATION_ERRORS)


def test_mode_2_has_the_highest_byte_first():
    head = bytes.fromhex("12345678 4024 01 07 55 00 0000")
    whole = report.as_dict(telegram.decode(frame(bytes.fromhex("02 13 04D2"), ci=0x76, head=head)))
    assert whole["ok"]
    assert whole["id"] == "12345678"
    assert whole["records"][0]["value"] == "1.234"


def test_without_a_header():
    whole = report.as_dict(telegram.decode(frame(bytes.fromhex("02 13 D204"), ci=0x78, head=b"")))
    assert whole["ok"]
    assert whole["id"] is None
    assert whole["records"][0]["value"] == "1.234"


def test_with_a_short_header():
    head = bytes.fromhex("55 00 0000")
    whole = report.as_dict(telegram.decode(frame(bytes.fromhex("02 13 D204"), ci=0x7A, head=head)))
    assert whole["ok"]
    assert (whole["id"], whole["access_no"]) == (None, 0x55)
    assert whole["records"][0]["value"] == "1.234"
