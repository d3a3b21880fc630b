"""The planned list out of a CSV file: taken whole, or refused line by line."""

import pytest

from host.device.facts import FoundMeter
from host.readout import planned
from host.readout.planned import Fault, Faulty, Planned, as_rows, kept, match, read_csv
from shared.errors import BadAddress, BadSetting

HEAT, WATER = "62140003B405C004", "6214000324237A07"


def found(secondary: str | None, primary: int | None = 5) -> FoundMeter:
    return FoundMeter(1, secondary or str(primary), secondary, primary, (2400,), None)


def faults(data: bytes) -> list[tuple[int, str]]:
    with pytest.raises(Faulty) as refused:
        read_csv(data)
    return [(fault.line, fault.key) for fault in refused.value.faults]


@pytest.mark.parametrize(
    "text",
    [
        "Serial number;Name;Site;Cost centre\n62140003;Flat 1;Ground floor;4711\n",
        "Seriennummer,Bezeichnung,Standort,Kostenstelle\r\n62140003,Flat 1,Ground floor,4711\r\n",
        "N° de série\tNom\tLieu\tCentre de coûts\n62140003\tFlat 1\tGround floor\t4711",
        "\ufeffNom;Numéro de série;Étage;emplacement;CENTRE DE COÛTS\n"
        'Flat 1;62140003;2;"Ground floor";4711\n\n',
        "Zählernummer;Name;Ort;Kostenstelle\n62140003;Flat 1;Ground floor;4711\n;;;\n",
    ],
)
def test_three_languages_and_three_separators(text: str) -> None:
    assert read_csv(text.encode()) == [
        Planned("62140003FFFFFFFF", "Flat 1", "Ground floor", "4711")
    ]


def test_a_meter_is_named_by_its_address_or_its_serial_number() -> None:
    rows = read_csv(b"address;serial\n17;\n12345678;\n62140003B405C004;\n;711342\n9;00711343\n")
    assert [one.address for one in rows] == [
        "17", "12345678FFFFFFFF", HEAT, "00711342FFFFFFFF", "00711343FFFFFFFF"
    ]  # fmt: skip
    assert [one.shown for one in rows[:3]] == ["17", "12345678", HEAT]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", [(0, "empty")]),
        (b"address;name\n", [(0, "empty")]),
        (b"name;site\nFlat;1\n", [(1, "no_header")]),
        (b"\n1;2;3\n", [(2, "no_header")]),
        (b"address;Adresse\n1;2\n", [(1, "header_twice")]),
        ("serial;name\n1;Küche\n2;Büro".encode("cp1252"), [(2, "not_utf8")]),
        ("serial;name\n1;Bad".encode("utf-16"), [(1, "not_utf8")]),
        (b"serial;name\n1;a\0b", [(2, "not_utf8")]),
        (b'serial;name\n1;"Flat\n2;Attic\n', [(2, "quotes")]),
        (b"serial;name;site\n1;Flat;Cellar\n2;Atti", [(3, "columns")]),
        (b"serial;name\n1;Flat;12\n", [(2, "columns")]),
        (b"serial;name\n;Flat\n", [(2, "no_address")]),
        (b"serial\n1.2E+07\n6214A\n=1+1\n", [(n, "bad_serial") for n in (2, 3, 4)]),
        (b"address\n0\n251\n12345\n=HYPERLINK(1)\n", [(n, "bad_address") for n in (2, 3, 4, 5)]),
        (b"serial\n12345678\n12345678\n", [(3, "twice")]),
        ("serial;name\n1;Fl\u202eat\n2;\x1b[31m\n".encode(), [(2, "signs"), (3, "signs")]),
        (b'serial;name\n1;"two\nlines"\n2;x\n2;y\n', [(2, "signs"), (5, "twice")]),
        (b"serial;name\n1;" + 201 * b"x", [(2, "long")]),
        (b"serial\n" + b"".join(b"%d\n" % n for n in range(1, 252)), [(252, "too_many")]),
        (b"serial\n" + b"x\n" * 30, [(n, "bad_serial") for n in range(2, 22)]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(data: bytes, told: list[tuple[int, str]]) -> None:
    assert faults(data) == told


def test_who_is_found_and_who_is_not() -> None:
    plan = [Planned("62140003FFFFFFFF"), Planned("7"), Planned("11111111FFFFFFFF")]
    heat, water, other = found(HEAT), found(WATER), found(None, 7)
    assert match(plan, [heat, water, other]) == {"62140003FFFFFFFF": heat, "7": other}
    assert match([Planned(WATER)], [heat, water]) == {WATER: water}


def test_the_list_survives_being_kept() -> None:
    plan = [Planned("17", "Flat 1"), Planned(HEAT, "", "Attic", "4711")]
    assert kept(as_rows(plan)) == plan


@pytest.mark.parametrize(
    "rows",
    [
        {},
        [{}],
        [1],
        [{"address": "17", "name": "x", "site": "", "cost_centre": 3}],
        [{"address": "17", "name": "\x1b", "site": "", "cost_centre": ""}],
        [{"address": "17", "name": "", "site": "", "cost_centre": ""}] * 2,
        [{"address": "17", "name": "", "site": "", "cost_centre": ""}] * (planned.MOST + 1),
    ],
)
def test_what_is_no_list_is_not_kept(rows: object) -> None:
    with pytest.raises(BadSetting):
        kept(rows)


def test_an_address_that_is_none_is_not_kept() -> None:
    with pytest.raises(BadAddress):
        kept([{"address": "0", "name": "", "site": "", "cost_centre": ""}])


def test_a_fault_is_told_in_the_log_too() -> None:
    assert "line 3: bad_serial 12x" in str(Faulty([Fault(3, "bad_serial", "12x")]))
