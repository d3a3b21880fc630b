"""EN 13757-3:2018 written down a second time, from the standard and not from our tables: VIFs.

Each row is the bytes a meter would send and what the standard says they mean. Whoever changes
`shared/mbus` and breaks a row has either found a fault here (then the clause decides) or made one.
"""

from decimal import Decimal

import pytest

from tests.shared.mbus.standard import minutes, number, only, records, unread

PRIMARY = (
    ("00", 8, "Energy", "Wh", -3),
    ("08", 8, "Energy", "J", 0),
    ("10", 8, "Volume", "m^3", -6),
    ("18", 8, "Mass", "kg", -3),
    ("28", 8, "Power", "W", -3),
    ("30", 8, "Power", "J/h", 0),
    ("38", 8, "Volume flow", "m^3/h", -6),
    ("40", 8, "Volume flow", "m^3/min", -7),
    ("48", 8, "Volume flow", "m^3/s", -9),
    ("50", 8, "Mass flow", "kg/h", -3),
    ("58", 4, "Flow temperature", "°C", -3),
    ("5C", 4, "Return temperature", "°C", -3),
    ("60", 4, "Temperature difference", "K", -3),
    ("64", 4, "External temperature", "°C", -3),
    ("68", 4, "Pressure", "bar", -3),
)
# Tables 11 to 14: behind FBh and FDh.
EXTENDED = (
    ("FB00", 2, "Energy", "Wh", 5),
    ("FB02", 2, "Reactive energy", "varh", 3),
    ("FB04", 2, "Apparent energy", "VAh", 3),
    ("FB08", 2, "Energy", "J", 8),
    ("FB0C", 4, "Energy", "cal", 5),
    ("FB10", 2, "Volume", "m^3", 2),
    ("FB14", 4, "Reactive power", "var", 0),
    ("FB18", 2, "Mass", "kg", 5),
    ("FB1A", 2, "Relative humidity", "%", -1),
    ("FB28", 2, "Power", "W", 5),
    ("FB2A", 1, "Phase U-U", "°", -1),
    ("FB2B", 1, "Phase U-I", "°", -1),
    ("FB2C", 4, "Frequency", "Hz", -3),
    ("FB30", 2, "Power", "J/h", 8),
    ("FB34", 4, "Apparent power", "VA", 0),
    ("FB74", 4, "Cold/warm temperature limit", "°C", -3),
    ("FB78", 8, "Cumulative maximum of active power", "W", -3),
    ("FD40", 16, "Voltage", "V", -9),
    ("FD50", 16, "Current", "A", -12),
)


def next_code(first, step):
    codes = bytearray.fromhex(first)
    codes[-1] += step
    return codes.hex()


SCALED = [
    (next_code(first, step), quantity, unit, exponent + step)
    for first, count, quantity, unit, exponent in PRIMARY + EXTENDED
    for step in range(count)
]


@pytest.mark.parametrize(("vif", "quantity", "unit", "exponent"), SCALED)
def test_a_value_is_its_integer_times_a_power_of_ten(vif, quantity, unit, exponent):
    record = only("02" + vif + "D204")
    assert (record["quantity"], record["unit"]) == (quantity, unit)
    assert record["value"] == number(exponent)
    negative = only("02" + vif + "2EFB")
    assert negative["value"] == "-" + number(exponent)


SECONDS = (("s", 1), ("min", 60), ("h", 3600), ("d", 86400))
DURATIONS = (
    ("20", "On time"),
    ("24", "Operating time"),
    ("70", "Averaging Duration"),
    ("74", "Actuality Duration"),
    ("FD24", "Storage interval"),
    ("FD2C", "Duration since last readout"),
    ("FD34", "Period of tariff"),
    ("FD3C", "Period of nominal data transmissions"),
)


@pytest.mark.parametrize(("vif", "quantity"), DURATIONS)
@pytest.mark.parametrize("step", range(4))
def test_a_duration_is_told_in_seconds(vif, quantity, step):
    record = only("02" + next_code(vif, step) + "D204")
    assert (record["quantity"], record["unit"]) == (quantity, "s")
    assert record["value"] == str(1234 * SECONDS[step][1])


MORE_DURATIONS = (
    ("FD31", "Duration of tariff", "s", 60),
    ("FD32", "Duration of tariff", "s", 3600),
    ("FD33", "Duration of tariff", "s", 86400),
    ("FD28", "Storage interval", "month", 1),
    ("FD29", "Storage interval", "year", 1),
    ("FD38", "Period of tariff", "month", 1),
    ("FD39", "Period of tariff", "year", 1),
    ("FD68", "Duration since last cumulation", "s", 3600),
    ("FD69", "Duration since last cumulation", "s", 86400),
    ("FD6A", "Duration since last cumulation", "month", 1),
    ("FD6B", "Duration since last cumulation", "year", 1),
    ("FD6C", "Operating time battery", "s", 3600),
    ("FD6D", "Operating time battery", "s", 86400),
    ("FD6E", "Operating time battery", "month", 1),
    ("FD6F", "Operating time battery", "year", 1),
    ("FD74", "Remaining battery life time", "s", 86400),
)


@pytest.mark.parametrize(("vif", "quantity", "unit", "factor"), MORE_DURATIONS)
def test_other_factors_than_ten(vif, quantity, unit, factor):
    record = only("02" + vif + "D204")
    assert (record["quantity"], record["unit"]) == (quantity, unit)
    assert Decimal(record["value"]) == 1234 * factor


PLAIN = (  # numbers and identifications without a unit
    ("6E", "H.C.A."),
    ("78", "Fabrication No"),
    ("79", "(Enhanced) Identification"),
    ("7A", "Bus Address"),
    ("FD08", "Access Number (transmission count)"),
    ("FD09", "Medium"),
    ("FD0A", "Manufacturer"),
    ("FD0B", "Parameter set identification"),
    ("FD0C", "Model / Version"),
    ("FD0D", "Hardware version"),
    ("FD0E", "Firmware version"),
    ("FD0F", "Software version"),
    ("FD10", "Customer location"),
    ("FD11", "Customer"),
    ("FD12", "Access Code User"),
    ("FD13", "Access Code Operator"),
    ("FD14", "Access Code System Operator"),
    ("FD15", "Access Code Developer"),
    ("FD16", "Password"),
    ("FD17", "Error flags"),
    ("FD18", "Error mask"),
    ("FD19", "Security key"),
    ("FD1A", "Digital Output"),
    ("FD1B", "Digital Input"),
    ("FD1C", "Baudrate"),
    ("FD1D", "Response delay time"),
    ("FD1E", "Retry"),
    ("FD1F", "Remote control"),
    ("FD20", "First storage # for cyclic storage"),
    ("FD21", "Last storage # for cyclic storage"),
    ("FD22", "Size of storage block"),
    ("FD23", "Descriptor for tariff and subunit"),
    ("FD2A", "Operator specific data"),
    ("FD2B", "Time point second"),
    ("FD3A", "Dimensionless"),
    ("FD60", "Reset counter"),
    ("FD61", "Cumulation counter"),
    ("FD62", "Control signal"),
    ("FD63", "Day of week"),
    ("FD64", "Week number"),
    ("FD66", "State of parameter activation"),
    ("FD67", "Special supplier information"),
    ("FD71", "RF level"),
    ("FD75", "Number of times the meter was stopped"),
)


@pytest.mark.parametrize(("vif", "quantity"), PLAIN)
def test_a_number_without_a_scale(vif, quantity):
    record = only("02" + vif + "D204")
    assert record["quantity"] == quantity
    assert record["value"] == "1234"


FACTORS = (  # VIFE E111 0nnn and E111 1101 (Table 15), wherever they stand
    ("02 93 70 D204", "m^3", "0.000001234"),
    ("02 93 76 D204", "m^3", "1.234"),
    ("02 93 77 D204", "m^3", "12.34"),
    ("02 93 7D D204", "m^3", "1234"),
    ("02 93 BB 77 D204", "m^3", "12.34"),  # behind another VIFE
    ("02 93 F7 3B D204", "m^3", "12.34"),  # and before one
    ("02 93 F7 77 D204", "m^3", "123.4"),  # twice
    ("02 FB 8C 77 D204", "cal", "1234000000"),
    ("02 FD C9 77 D204", "V", "12340"),  # behind FDh
    ("02 FD C9 7D D204", "V", "1234000"),
    ("02 FB 80 70 D204", "Wh", "123.4"),  # behind FBh
    ("05 93 7D 0000803F", "m^3", "1"),  # and on a REAL32
    ("0C 93 77 34120000", "m^3", "12.34"),
)


@pytest.mark.parametrize(("wire", "unit", "value"), FACTORS)
def test_multiplying_vifes_scale_the_value(wire, unit, value):
    record = only(wire)
    assert record["unit"] == unit
    assert Decimal(record["value"]) == Decimal(value)


CONSTANTS = (  # VIFE E111 10nn: 10^(nn-3) units of the VIF are added
    ("02 E7 78 D204", "1234.001"),
    ("02 E7 7B D204", "1235"),
    ("02 FD C9 7B D204", "1235"),
)


@pytest.mark.parametrize(("wire", "value"), CONSTANTS)
def test_additive_constants_are_added(wire, value):
    assert Decimal(only(wire)["value"]) == Decimal(value)


PER = (  # VIFE: the unit changes, the number does not
    ("20", "s"),
    ("21", "min"),
    ("22", "h"),
    ("23", "d"),
    ("24", "week"),
    ("25", "month"),
    ("26", "year"),
    ("2C", "l"),
    ("2D", "m^3"),
    ("2E", "kg"),
    ("2F", "K"),
    ("30", "kWh"),
    ("31", "GJ"),
    ("32", "kW"),
    ("33", "K*l"),
    ("34", "V"),
    ("35", "A"),
)


@pytest.mark.parametrize(("vife", "unit"), PER)
def test_per_vifes_change_the_meaning_and_keep_the_number(vife, unit):
    plain, modified = only("02 03 D204"), only("02 83 " + vife + " D204")
    assert modified["value"] == plain["value"] == "1234"
    assert modified["name"] != plain["name"] or modified["unit"] != plain["unit"]


MODIFIERS = (
    *(0x12, 0x13, 0x14, 0x1D, 0x1E, 0x1F),
    *range(0x27, 0x2C),
    *range(0x36, 0x3D),
    *(0x3E, 0x3F, 0x40, 0x41, 0x42, 0x43, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x4B, 0x4E, 0x4F),
    *range(0x50, 0x6C),
    *(0x6D, 0x7E),
)


@pytest.mark.parametrize("vife", MODIFIERS)
def test_a_modified_value_never_passes_for_the_plain_one(vife):
    """A limit, a duration or a future value under the plain name would be a wrong reading."""
    plain, modified = only("02 13 D204"), only(f"02 93 {vife:02X} D204")
    assert modified["raw"].upper() == "D204"
    keys = ("name", "quantity", "unit", "value")
    assert [modified[key] for key in keys] != [plain[key] for key in keys]


@pytest.mark.parametrize("seconds", enumerate((1, 60, 3600, 86400)))
@pytest.mark.parametrize("first", [0x50, 0x54, 0x58, 0x5C, 0x60, 0x64])
def test_the_duration_of_a_limit_exceed_is_a_time(first, seconds):
    step, factor = seconds
    record = only(f"02 AB {first + step:02X} 0200")
    assert (record["value"], record["unit"]) == (str(2 * factor), "s")


@pytest.mark.parametrize("vife", [0x42, 0x43, 0x46, 0x47, 0x4A, 0x4B, 0x4E, 0x4F])
@pytest.mark.parametrize(
    "wire", [("02", "A122", "2021-02-01"), ("04", "1414A122", "2021-02-01T20:20")]
)
def test_the_date_of_a_limit_exceed_is_a_date(vife, wire):
    dif, data, text = wire
    assert minutes(only(f"{dif} AB {vife:02X} {data}")["value"]) == text


@pytest.mark.parametrize("vife", [0x39, 0x6A, 0x6B, 0x6E, 0x6F])
def test_date_of_first_and_last(vife):
    assert only(f"02 AB {vife:02X} A122")["value"] == "2021-02-01"


@pytest.mark.parametrize("vife", [0x41, 0x49])
def test_the_number_of_exceeds_is_a_count(vife):
    record = only(f"02 FD C9 {vife:02X} 0700")
    assert record["value"] == "7"
    assert record["unit"] in ("", None)


@pytest.mark.parametrize(
    "vife",
    [*range(0x01, 0x08), 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x15, 0x16, 0x17, 0x18, 0x1C],
)
def test_a_record_error_is_no_value(vife):
    unread(only(f"02 93 {vife:02X} D204"), "D204")


def test_no_record_error_keeps_the_value():
    assert only("02 93 00 D204")["value"] == "1.234"


def test_a_record_error_without_data():
    record = only("00 93 15")
    assert not record["value"]
    assert record["error"]


PHASES = ("01", "02", "03", "04", "05", "06", "07", "0C", "10")


@pytest.mark.parametrize("code", PHASES)
def test_the_second_vife_table_is_named_and_keeps_the_number(code):
    """FCh: phase L1, quadrant, import/export: Table 16."""
    plain, phase = only("0A FD 49 3002"), only("0A FD C9 FC " + code + " 3002")
    assert (phase["value"], phase["unit"]) == (plain["value"], plain["unit"]) == ("230", "V")
    assert phase["name"] != plain["name"]


PLAIN_TEXT_UNITS = (
    ("02 7C 03 484252 D204", "RBH", "1234"),  # the VIF is text; last character first
    ("02 FC 03 484252 74 D204", "RBH", "12.34"),  # the text, then the VIFE (EN 13757-3)
    ("02 FC 74 03 484252 D204", "RBH", "12.34"),  # the VIFE, then the text (many meters)
    ("02 7C 00 D204", "", "1234"),
)


@pytest.mark.parametrize(("wire", "unit", "value"), PLAIN_TEXT_UNITS)
def test_plain_text_units_in_both_orders(wire, unit, value):
    record = only(wire)
    assert record["value"] == value
    assert unit in (record["unit"] or "", record["quantity"] or "")


def test_the_text_behind_the_vife_does_not_eat_the_next_record():
    first, second = records("02 FC 74 03 484252 D204 01 FD 17 05")
    assert first["value"] == "12.34"
    assert (second["quantity"], second["value"]) == ("Error flags", "5")


@pytest.mark.parametrize("wire", ["02 7F D204", "02 FF 20 D204", "02 FF 93 74 D204"])
def test_a_manufacturer_vif_stays_raw(wire):
    record = only(wire)
    assert record["raw"].upper() == "D204"
    assert record["value"] is None or record["value"].upper() in ("D204", "04D2", "1234")
    assert record["unit"] in (None, "")
