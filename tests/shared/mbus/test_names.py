"""The naming rule of the CSV files, tried on the meter that the manual prints (11.2)."""

import pytest

from shared import reading
from shared.mbus import names, telegram
from shared.mbus.encode import record, variable_data
from shared.mbus.frames import RSP_UD, long_frame


def real(text):
    """Return (mantissa, exponent) of decimal text."""
    whole, _, part = text.partition(".")
    return int(whole + part), -len(part)


# What the CALEC ST of the manual's chapter 11.2 sends: record, name, unit, value in the CSV.
CALEC_ST = (
    (("int32", b"\x07", 270984), "Energy", "Wh", "2709840000"),
    (("int32", b"\x15", 432401), "Volume", "m³", "43240.1"),
    (("int32", b"\x6e", 0, 0, 0, 0, 1), "Units for H. C. A.", "", "0"),
    (("int32", b"\x6e", 0, 0, 0, 0, 2), "Units for H. C. A.", "", "0"),
    (("real32", b"\x2b", real("86269.3")), "Power", "W", "86269.3"),
    (("real32", b"\x3e", real("1.37621")), "Volume flow", "m³/h", "1.37621"),
    (("real32", b"\x5b", real("131.759")), "Flow temperature", "Degree C", "131.759"),
    (("real32", b"\x5f", real("76.9198")), "Return temperature", "Degree C", "76.9198"),
    (("real32", b"\x63", real("54.8394")), "Temperature difference", "K", "54.8394"),
    (("real32", b"\x83\x33", real("1.14265")), "Energy (per kelvinliter)", "Wh", "1.14265"),
    (("real32", b"\x9b\x2c", real("0.974371")), "Mass (per liter)", "kg", "0.974371"),
    (("int32", b"\x22", 45865), "On time", "h", "45865"),
    (("int32", b"\x22", 0, 3), "On time / VT=3 (Error)", "h", "0"),
    (("int32", b"\x90\xa8\x77", 101), "Volume (per input pulse ch. 0)", "m³", "0.00101"),
    (("int8", b"\xee\x28", 1, 0, 0, 0, 1), "Units for H. C. A. (per input pulse ch. 0)", "", "1"),
    (("int8", b"\xee\x28", 1, 0, 0, 0, 2), "Units for H. C. A. (per input pulse ch. 0)", "", "1"),
    (("int8", b"\x7a", 10), "Address", "None", "10"),
    (("bcd8", b"\x78", 4800181), "Fabrication", "None", "4800181"),
    (
        ("F", b"\xed\x7e", (2034, 2, 22, 22, 42), 0, 1),
        "Timestamp (future value) / Monat 1",
        "UTC",
        "2034-02-22T22:42:00",
    ),
    (
        ("F", b"\xed\x7e", (2034, 8, 25, 8, 22), 0, 2),
        "Timestamp (future value) / Monat 2",
        "UTC",
        "2034-08-25T08:22:00",
    ),
    (("bcd8", b"\xfd\x11", 0), "Customer", "None", "0"),
    (("int16", b"\xfd\x0e", 10500), "Metrology (firmware) version", "None", "10500"),
    (("int8", b"\xfd\x0d", 0), "Hardware version", "None", "0"),
)


def test_the_calec_st_of_the_manual_has_its_23_names_units_and_values():
    data = b"".join([record(*sent) for sent, _, _, _ in CALEC_ST])
    header = variable_data("04800181", "AMT", 192, 4, 1, 0, 0xFFFF, data)
    said = telegram.decode(long_frame(RSP_UD, 10, 0x72, header))
    assert (said.manufacturer, said.id, said.version, said.medium) == ("AMT", "04800181", 192, 4)
    told = [
        (reading.name(found), reading.csv_unit(found), reading.csv_value(found))
        for found in said.records
    ]
    assert told == [(name, unit, value) for _, name, unit, value in CALEC_ST]
    assert len(told) == 23


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("Energy",), "Energy"),
        (("H.C.A.",), "Units for H. C. A."),
        (("Energy", (), 0, 1), "Energy / Tarif 1"),
        (("Energy", (), 1, 1, 2), "Energy / VT=1 (Maximum) / Tarif 1 / Monat 2"),
        (("Power", (), 2), "Power / VT=2 (Minimum)"),
        (
            ("Time point (date)", ("future value",), 0, 0, 15),
            "Timestamp (future value) / Monat 15",
        ),
        (("Voltage", ("phase L1", "average")), "Voltage (phase L1, average)"),
    ],
)
def test_the_parts_of_a_name_in_their_order(parts, name):
    assert names.name(*parts) == name
