"""Every real telegram is decoded as libmbus decodes it, or the standard says why not.

`tests/golden/telegram_differences.json` lists where we differ from `expected`, with the clause of
EN 13757-3:2018 that decides. The list may only shrink: an entry that no longer differs fails too.
"""

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest

from shared.mbus import report, telegram
from tests.fakes.real_telegrams import TELEGRAMS

ROOT = Path(__file__).parents[3]
DIFFERENCES = json.loads((ROOT / "tests" / "golden" / "telegram_differences.json").read_text())

pytestmark = pytest.mark.skipif(not TELEGRAMS.exists(), reason="the collected telegrams are absent")

FUNCTIONS = {
    "Maximum value": "maximum",
    "Minimum value": "minimum",
    "Value during error state": "error",
}
SIX_DECIMALS = Decimal("0.00000051")  # what printing with six decimals may lose


def rows():
    if not TELEGRAMS.exists():
        return []
    return [json.loads(line) for line in TELEGRAMS.read_text().splitlines()]


def told(row):
    return report.frame_as_dict(bytes.fromhex(row["hex"]))


def header_differences(theirs, ours):
    """Yield where the two headers differ, once spelt alike."""
    spelt = {
        "manufacturer": theirs["manufacturer"],
        "medium": theirs["medium"] and theirs["medium"].replace("Â", ""),
        "id": theirs["id"] and theirs["id"].rjust(8, "0"),
        "version": theirs["version"] and int(theirs["version"]),
        "access_no": theirs["access_no"] and int(theirs["access_no"]),
        "status": theirs["status"],
        "signature": theirs["signature"],
        "error": theirs["error"] and theirs["error"].replace("Â´", ""),
    }
    for key, value in spelt.items():
        if value != ours[key]:
            yield key
    if len(theirs["records"]) != len(ours["records"]):
        yield "records"


def record_differences(theirs, ours):
    """Yield the keys in which two records differ, once spelt alike."""
    spelt = {
        "function": FUNCTIONS.get(theirs["function"], "instantaneous"),
        "storage": int(theirs["storage"] or 0),
        "tariff": int(theirs["tariff"] or 0),
        "subunit": int(theirs["device"] or 0),
        "quantity": theirs["quantity"] or "",
        "unit": (theirs["unit"] or "").replace("-", ""),
    }
    if theirs["function"] in ("Manufacturer specific", "More records follow"):
        spelt["quantity"] = "Manufacturer specific"
    for key, value in spelt.items():
        if value != ours[key]:
            yield key
    if not same_value(theirs["value"], ours["value"]):
        yield "value"


def same_value(theirs, ours):
    if theirs is None or ours is None:
        return theirs == ours
    pairs = theirs.split(" ")
    if ours in (theirs, theirs.rstrip("Z"), "".join(pairs).lower()):
        return True
    if len(pairs) > 1 and ours == "".join(reversed(pairs)).lower():  # LVAR binary, last byte first
        return True
    try:
        return abs(Decimal(theirs) - Decimal(ours)) <= SIX_DECIMALS
    except InvalidOperation:
        return False


def differences(row):
    theirs, ours = row["expected"], told(row)
    found = list(header_differences(theirs, ours))
    for number, (their, our) in enumerate(zip(theirs["records"], ours["records"], strict=False)):
        found += [f"{number} {key}" for key in record_differences(their, our)]
    return found


@pytest.mark.parametrize(
    "row", [row for row in rows() if "expected" in row], ids=lambda row: row["name"]
)
def test_it_agrees_with_libmbus_or_the_clause_decides(row):
    assert sorted(differences(row)) == sorted(DIFFERENCES.get(row["name"], {}))


def test_every_listed_difference_names_its_clause():
    names = {row["name"] for row in rows()}
    for name, listed in DIFFERENCES.items():
        assert name in names
        assert all("EN 13757-3" in clause or "EN 1434-3" in clause for clause in listed.values())


SLAVES = [row for row in rows() if row["kind"] == "slave"]

# A frame without header and records, and one that a simulator filled with FFh.
BROKEN_SLAVES = ("tests/test_control_frame.py#1", "em-admin(DWZ)")


@pytest.mark.parametrize("row", SLAVES, ids=lambda row: row["source"] + ":" + row["name"])
def test_a_meter_s_telegram_is_read_to_its_end(row):
    found = telegram.decode(bytes.fromhex(row["hex"]))
    for record in found.records:
        assert record[1] < record[4] or record[0] is not found.frame
    if row["name"] not in BROKEN_SLAVES:
        assert found.error is None


ERRORS = {
    "premature_end_of_data1.hex": "premature end",
    "premature_end_of_data2.hex": "premature end",
    "premature_end_of_dif1.hex": "premature end",
    "premature_end_of_dif2.hex": "premature end",
    "premature_end_of_var_vif1.hex": "premature end",
    "premature_end_of_vif1.hex": "premature end",
    "too_long_var_vif.hex": "premature end",
    "too_many_dife.hex": "more than 10 DIFEs",
    "too_many_vife.hex": "more than 10 VIFEs",
    "too_short_header.hex": "premature end",
}


@pytest.mark.parametrize(
    "row", [row for row in rows() if row["name"] in ERRORS], ids=lambda row: row["name"]
)
def test_a_broken_telegram_says_why_and_keeps_what_came_before(row):
    ours = told(row)
    assert ours["ok"] is False
    assert ERRORS[row["name"]] in ours["error"]
    if row["name"] != "too_short_header.hex":
        assert ours["records"][0]["value"] is not None
        assert "error" not in ours["records"][0]
        assert any(record.get("error") == ours["error"] for record in ours["records"])
