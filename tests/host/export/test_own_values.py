"""M5: what somebody has set for values stands in exports, exactly, by every way a cell is made."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from host.export import as_json, full_db, standard
from host.export.form import Format
from host.export.subject import Subject
from host.settings.value import NOTHING, OwnValues, ValueKey, ValueSettings
from host.store import block
from host.store.tables import to_ms
from shared.mbus import encode
from tests.host.export.test_standard import AT, METER, telegram

r = encode.record
ENERGY, VOLUME, FLOW, CLOCK = (ValueKey(head, 0) for head in ("0403", "0c13", "053e", "046d"))


def blobs() -> list[bytes]:
    return [
        telegram(
            r("int32", b"\x03", 1000 * n - 1500)
            + r("bcd8", b"\x13", 7 * n)
            + r("real32", b"\x3e", (137621 + n, -5))
            + r("F", b"\x6d", (2026, 11, 27, 17, 30))
            + r("int32", b"\x03", 5 + n, tariff=1)
        )
        for n in range(4)
    ]


def subject(own: OwnValues, packed: bool) -> Subject:
    rows = [(to_ms(AT) + 900_000 * n, blob) for n, blob in enumerate(blobs())]
    found = block.Block(block.pack(rows)) if packed else block.loose(rows)
    return Subject(METER, lambda: [[found]], own=own)


def table(own: OwnValues, packed: bool = True, form: Format | None = None) -> list[list[str]]:
    form = form or Format()
    text = b"".join(standard.encode(subject(own, packed), form)).decode()
    return list(csv.reader(io.StringIO(text), delimiter=form.separator))


def column(rows: Sequence[Sequence[str]], name: str) -> list[str]:
    return [row[rows[0].index(name)] for row in rows[1:]]


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("factor", ["1000", "0.001", "1/60", "0.8", "1"])
def test_numbers_of_every_kind_are_divided_exactly(packed: bool, factor: str) -> None:
    own = ValueSettings(factor=factor)
    plain = table(NOTHING)
    rows = table(OwnValues.of(dict.fromkeys((ENERGY, VOLUME, FLOW, CLOCK), own)), packed)
    for name in ("Energy", "Volume", "Volume flow"):
        for before, after in zip(column(plain, name), column(rows, name), strict=True):
            assert Decimal(after) == Decimal(own.scaled(before))
    for name in ("Timestamp", "Energy / Tarif 1", "Energy_Einheit"):
        assert column(rows, name) == column(plain, name)


@pytest.mark.parametrize("packed", [True, False])
def test_name_unit_tariff_month_and_phase_are_those_that_are_set(packed: bool) -> None:
    own = OwnValues.of(
        {
            ENERGY: ValueSettings(designation="Strom", unit="kWh", factor="1000", phase=1),
            VOLUME: ValueSettings(tariff=3, month=12),
        }
    )
    rows = table(own, packed)
    assert rows[0][6:10] == [
        "Strom / Phase 1",
        "Strom / Phase 1_Einheit",
        "Volume / Tarif 3 / Monat 12",
        "Volume / Tarif 3 / Monat 12_Einheit",
    ]
    assert rows[1][6:8] == ["-1.5", "kWh"]


def test_a_language_translates_what_the_meter_says_and_no_designation() -> None:
    own = OwnValues.of(
        {ENERGY: ValueSettings(designation="Volume"), VOLUME: ValueSettings(phase=2)}
    )
    assert table(own, form=Format(language="de"))[0][6:10:2] == ["Volume", "Volumen / Phase 2"]


def test_a_designation_or_unit_that_is_a_formula_does_no_harm() -> None:
    own = OwnValues.of({ENERGY: ValueSettings(designation='=1+"1', unit="@x;")})
    rows = table(own)
    assert rows[0][6:8] == ["'=1+\"1", "'=1+\"1_Einheit"]
    assert rows[1][7] == "'@x;"
    text = b"".join(full_db.encode(subject(own, packed=True), Format())).decode()
    (row, *_) = csv.DictReader(io.StringIO(text), delimiter=";")
    assert (row["CfgDescription"], row["CfgUnit"]) == ("'=1+\"1", "'@x;")


def test_full_db_has_what_the_meter_says_and_what_is_set_beside_it() -> None:
    own = ValueSettings(designation="Heat", unit="MWh", factor="0.001", phase=3, month=2, tariff=9)
    latest = OwnValues.of({ENERGY: own})
    rows = list(
        csv.DictReader(
            io.StringIO(b"".join(full_db.encode(subject(latest, packed=True), Format())).decode()),
            delimiter=";",
        )
    )
    first = rows[0]
    assert (first["DescriptionStr"], first["UnitStr"], first["Val1"]) == ("Energy", "Wh", "-1500")
    names = ("CfgDescription", "CfgUnit", "CfgPhase", "CfgFactor", "CfgStorageNum", "CfgTariff")
    assert [first[name] for name in names] == ["Heat", "MWh", "3", "0.001", "2", "9"]
    other = next(row for row in rows if row["DescriptionStr"] == "Volume")
    assert [other[name] for name in names] == ["", "0", "0", "0", "0", "0"]


def test_full_db_writes_a_factor_in_decimals_with_its_mark() -> None:
    own = OwnValues.of({ENERGY: ValueSettings(factor="1/60")})
    form = replace(Format(), mark=",")
    text = b"".join(full_db.encode(subject(own, packed=True), form)).decode()
    (row, *_) = csv.DictReader(io.StringIO(text), delimiter=";")
    assert row["CfgFactor"] == "0,016666666667"


def test_json_tells_the_settings_of_a_value() -> None:
    own = OwnValues.of({ENERGY: ValueSettings(designation='"<b>', factor="1000")})
    text = b"".join(as_json.encode(subject(own, packed=False), Format("json")))
    found: Any = json.loads(text, parse_float=Decimal)
    assert found["values"][0]["name"] == '"<b>'
    assert found["values"][0]["settings"] == {"designation": '"<b>', "factor": "1000"}
    assert "settings" not in found["values"][1]
    assert [one["values"][0] for one in found["readings"]] == [
        Decimal(text) for text in ("-1.5", "-0.5", "0.5", "1.5")
    ]
