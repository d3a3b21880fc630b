"""What the encoder writes the decoder reads: random records of every coding and VIF."""

from datetime import datetime
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from shared import reading
from shared.mbus import encode, meanings, records, telegram, vib
from shared.mbus.frames import RSP_UD, long_frame
from shared.mbus.vif_tables import DATE, FB, FD, PRIMARY, UNSIGNED

INTEGERS = {"int8": 8, "int16": 16, "int24": 24, "int32": 32, "int48": 48, "int64": 64}
DIGITS = {"bcd2": 2, "bcd4": 4, "bcd6": 6, "bcd8": 8, "bcd12": 12, "bcd_lvar": 18}


def codes(table, lead):
    """Return the VIBs of every row of a table of `vif_tables`."""
    found = []
    for line in table.split("\n")[:-1]:
        span = range(int(line[:2], 16), int(line[3:5], 16) + 1)
        found += [lead + bytes((code,)) for code in span]
    return found


NUMERIC = [
    bytes_
    for bytes_ in codes(PRIMARY, b"") + codes(FD, b"\xfd") + codes(FB, b"\xfb")
    if vib.amount(bytes_)[0] != DATE
]
FACTORS = st.lists(st.sampled_from([0x70, 0x73, 0x76, 0x77, 0x7D, 0x2C, 0x3B, 0x7E]), max_size=4)
PLACES = st.fixed_dictionaries(
    {
        "function": st.integers(0, 3),
        "storage": st.integers(0, 2**41 - 1) | st.integers(0, 3),
        "tariff": st.integers(0, 2**20 - 1) | st.integers(0, 3),
        "subunit": st.integers(0, 2**10 - 1) | st.integers(0, 1),
    }
)


def with_vifes(bytes_, vifes):
    """Return the VIB with its extension bits set for `vifes` behind it."""
    whole = bytearray(bytes_ + bytes(vifes))
    for at in range(len(whole) - 1):
        whole[at] |= 0x80
    return bytes(whole)


@st.composite
def numbers(draw):
    """Draw (record bytes, exact value in the base unit, place)."""
    base = draw(st.sampled_from(NUMERIC))
    vifes = draw(FACTORS)
    whole = with_vifes(base, vifes)
    if whole[0] == 0xFF:
        vifes = []
    coding = draw(st.sampled_from([*INTEGERS, *DIGITS]))
    if coding in INTEGERS:
        bits = INTEGERS[coding]
        unsigned = vib.amount(base)[0] == UNSIGNED
        low, high = (0, 2 ** (bits - 1) - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1))
        value = draw(st.integers(low, high - (not unsigned)))
    else:
        digits = DIGITS[coding]
        lowest = -(10**digits) + 1 if coding == "bcd_lvar" else -(10 ** (digits - 1)) + 1
        value = draw(st.integers(lowest, 10**digits - 1))
    power = vib.amount(base)[1]
    power += sum(vife - 0x76 for vife in vifes if 0x70 <= vife < 0x78)
    power += 3 * vifes.count(0x7D)
    factor = meanings.units(base)[1] if len(base) > 1 else meanings.PRIMARY_UNITS[base[0]][1]
    place = draw(PLACES)
    exact = Fraction(value) * Fraction(10) ** power * factor
    return encode.record(coding, whole, value, **place), exact, place


def decode(data, more=False):
    body = encode.variable_data("12345678", "ABC", 1, 4, 7, 0, 0, data, more)
    return telegram.decode(long_frame(RSP_UD, 5, 0x72, body))


def check_place(record, place):
    words = ("instantaneous", "maximum", "minimum", "error")
    assert reading.function(record) == words[place["function"]]
    expected = (place["storage"], place["tariff"], place["subunit"])
    assert reading.numbers(record) == expected


@settings(max_examples=400, deadline=None)
@given(st.lists(numbers(), min_size=1, max_size=4))
def test_numbers_come_back_exact(sent):
    said = decode(b"".join([data for data, _, _ in sent]), more=len(sent) == 4)
    assert said.error is None
    assert said.more == (len(sent) == 4)
    assert len(said.records) == len(sent) + said.more
    for record, (_, exact, place) in zip(said.records, sent, strict=False):
        mantissa, exponent = reading.scaled(record)
        assert Fraction(mantissa) * Fraction(10) ** exponent == exact
        assert Fraction(reading.value_text(record)) == exact
        check_place(record, place)


@settings(deadline=None)
@given(st.sampled_from(NUMERIC), st.integers(-(2**24), 2**24), st.integers(-20, 8), PLACES)
def test_reals_come_back_as_the_nearest_single(base, mantissa, exponent, place):
    (record,) = decode(encode.record("real32", base, (mantissa, exponent), **place)).records
    row = meanings.units(base) if len(base) > 1 else meanings.PRIMARY_UNITS[base[0]]
    scale = Fraction(10) ** vib.amount(base)[1] * row[1]
    got = Fraction(record[6]) * Fraction(10) ** record[7] * row[1]
    want = Fraction(mantissa) * Fraction(10) ** exponent * scale
    assert abs(got - want) <= abs(want) / 2**24
    check_place(record, place)


@given(st.text(st.characters(min_codepoint=0, max_codepoint=255), max_size=120), PLACES)
def test_texts_come_back(text, place):
    (record,) = decode(encode.record("text", b"\xfd\x11", text, **place)).records
    assert reading.value_text(record) == text
    check_place(record, place)


@given(st.binary(min_size=1, max_size=15), st.sampled_from([b"\xfd\x0b", b"\x7f", b"\xfd\x3b"]))
def test_binary_data_come_back(data, base):
    (record,) = decode(encode.record("binary", base, data)).records
    assert reading.value_text(record) == reading.raw(record) == data.hex()


MOMENTS = st.datetimes(
    min_value=datetime.fromisoformat("2000-01-01"),
    max_value=datetime.fromisoformat("2080-12-31"),
)


@given(MOMENTS, st.sampled_from("FGIJ"), PLACES)
def test_dates_come_back(moment, kind, place):
    moment = moment.replace(microsecond=0)
    parts = tuple(moment.timetuple())[:6]
    texts = {
        "F": moment.replace(second=0).isoformat(),
        "G": moment.date().isoformat(),
        "I": moment.isoformat(),
        "J": moment.time().isoformat(),
    }
    sent = parts[3:] if kind == "J" else parts
    base = b"\x6c" if kind == "G" else b"\x6d"
    (record,) = decode(encode.record(kind, base, sent, **place)).records
    assert reading.value_text(record) == texts[kind]
    check_place(record, place)


@settings(deadline=None)
@given(st.binary(max_size=240))
def test_no_bytes_make_the_decoder_stumble_or_lose_any(data):
    """Whatever a meter sends: each byte is in one record, or a filler between two."""
    said = decode(data)
    covered = bytearray(len(said.frame))
    for record in said.records:
        assert record[1] <= record[3] <= record[4]
        for at in range(record[1], record[4]):
            assert not covered[at]
            covered[at] = 1
        reading.name(record), reading.value_text(record), reading.error(record)
    for at in range(19, len(said.frame) - 2):
        assert covered[at] or said.frame[at] == 0x2F


def test_a_float_of_old_lvar_is_read_where_32_bytes_do_not_follow():
    (record,) = decode(bytes.fromhex("0D2BF400007A44")).records
    assert reading.value_text(record) == "1000"
    assert record[5] == records.NUMBER
