"""The meters' profiles: whole, decodable, and the CALEC ST as the manual shows it."""

import json
from pathlib import Path

import pytest

from shared.mbus import frames, report, telegram
from tools.plant import profiles
from tools.plant.profiles import Contents, parse

KINDS = profiles.load()
README = Path(profiles.__file__).parent / "README.md"
YEARS = [1_767_225_600 + n * 86_400 * 31 for n in range(48)]

# Manual 11.2, in its order.
CALEC_ST = [
    "Energy",
    "Volume",
    "Units for H. C. A.",
    "Units for H. C. A.",
    "Power",
    "Volume flow",
    "Flow temperature",
    "Return temperature",
    "Temperature difference",
    "Energy (per kelvinliter)",
    "Mass (per liter)",
    "On time",
    "On time / VT=3 (Error)",
    "Volume (per input pulse ch. 0)",
    "Units for H. C. A. (per input pulse ch. 0)",
    "Units for H. C. A. (per input pulse ch. 0)",
    "Address",
    "Fabrication",
    "Timestamp (future value) / Monat 1",
    "Timestamp (future value) / Monat 2",
    "Customer",
    "Metrology (firmware) version",
    "Hardware version",
]


def told(name: str, at: float, size: float = 1.0, primary: int = 10) -> list[dict]:
    """What the meter `name` tells at Unix time `at`: one object of the decoder a telegram."""
    kind = KINDS[name]
    contents = Contents(kind, kind.identity(kind.first_serial), size)
    every = list(range(len(kind.telegrams)))
    return [
        report.as_dict(telegram.decode(frames.long_frame(8, primary, kind.ci, data)))
        for data in contents.telegrams(at, primary, 1, 0, every)
    ]


def test_the_calec_st_is_the_manuals():
    [meter] = told("heat", YEARS[0])
    assert [record["name"] for record in meter["records"]] == CALEC_ST
    assert (meter["manufacturer"], meter["id"], meter["version"]) == ("AMT", "04800181", 192)
    assert meter["medium"] == "Heat: Outlet"
    by_name = {record["name"]: record for record in meter["records"]}
    assert by_name["Energy"]["value"] == "2709840000"
    assert by_name["Energy"]["unit"] == "Wh"
    assert by_name["Address"]["value"] == "10"
    assert by_name["Metrology (firmware) version"]["value"] == "10500"


@pytest.mark.parametrize("primary", [0, 127, 128, 250])
def test_every_primary_address_can_be_told(primary):
    [meter] = told("heat", YEARS[0], primary=primary)
    assert [r["value"] for r in meter["records"] if r["name"] == "Address"] == [str(primary)]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("size", [0.5, 1.6])
def test_every_profile_is_decoded_without_an_error_for_years(name, size):
    for at in YEARS:
        meters = told(name, at, size)
        assert all(meter["ok"] for meter in meters)
        assert [meter["more"] for meter in meters] == [True] * (len(meters) - 1) + [False]
        records = [record for meter in meters for record in meter["records"]]
        assert all("error" not in record for record in records), records
        named = [r for r in records if r["name"] != "Manufacturer specific"]
        assert len(named) == len(KINDS[name].records())


def test_all_the_kinds_that_are_wanted_are_there():
    kinds = {kind.medium for kind in KINDS.values()}
    assert {2, 3, 4, 8, 22, 27} <= kinds
    assert [len(k.telegrams) for k in KINDS.values() if k.name == "three_telegrams"] == [3]
    assert [k.ci for k in KINDS.values() if k.name == "fixed"] == [0x73]
    [meter] = told("electricity", YEARS[0])
    assert {record["tariff"] for record in meter["records"]} >= {1, 2}
    assert {record["subunit"] for record in meter["records"]} >= {1, 2, 3}


def test_a_full_counter_starts_again_from_zero():
    record = {"what": "V", "coding": "bcd4", "vif": "13"}
    source = water([[{**record, "value": {"counter": 9_998, "per_hour": 1}}]])
    kind = parse("small", source)
    contents = Contents(kind, kind.identity(1))
    shown = []
    for hours in range(4):
        [data] = contents.telegrams(1_767_225_600 + hours * 3600 + 1, 0, 0, 0, [0])
        shown.append(data[-2:].hex())
    assert shown == ["9899", "9999", "0000", "0100"]


def water(telegrams: list, **more: object) -> dict:
    return {
        "title": "t",
        "manufacturer": "SEN",
        "version": 1,
        "medium": 7,
        "first_serial": 1,
        "telegrams": telegrams,
        **more,
    }


@pytest.mark.parametrize(
    "source",
    [
        {},
        water([[{"what": "V", "coding": "bcd9", "vif": "13", "value": 1}]]),
        water([[{"what": "V", "coding": "int8", "vif": "13", "value": 1000}]]),
        water([[{"what": "V", "coding": "int8", "vif": "zz", "value": 1}]]),
        water([[{"what": "V", "coding": "int8", "vif": "13"}]]),
        water([[{"what": "V", "coding": "int8", "vif": "13", "value": {"mean": 1}}]]),
        water([[{"what": "V", "coding": "int8", "vif": "13", "value": 1, "colour": 2}]]),
        water([[]], manufacturer="sen"),
        water([[]], version=256),
        water([[]], quirks=["rude"]),
        water([[]], colour="red"),
        water([[]], first_serial=100_000_000),
    ],
)
def test_a_wrong_profile_is_refused_by_name(source):
    with pytest.raises(ValueError, match="profile bad: "):
        parse("bad", source)


def test_a_file_that_is_no_json_is_refused_by_name(tmp_path):
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(ValueError, match="broken"):
        profiles.load(tmp_path)


def test_the_readme_names_every_profile_and_its_example_is_one(tmp_path):
    text = README.read_text()
    for name in KINDS:
        assert f"`{name}`" in text, name
    example = text.split("```json")[1].split("```")[0]
    (tmp_path / "steam.json").write_text(example)
    assert profiles.load(tmp_path)["steam"].records()
    json.loads(example)
