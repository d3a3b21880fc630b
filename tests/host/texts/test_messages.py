"""W5: every message of the manual's chapter 8, and of ours, has a test that provokes it."""

import re
from collections import Counter
from pathlib import Path

import pytest

from host.texts import words
from host.texts.catalogue import LANGUAGES, translations
from host.texts.errors import EXPLANATIONS, SENSOR_FAULTS
from tests.fakes.twin import ROOT

FILE = ROOT / "host" / "texts" / "messages.md"
LATER = "comes with delivery"
TABLES = {
    "errors": EXPLANATIONS,
    "sensors": SENSOR_FAULTS,
    "users": words.USER_REFUSALS,
    "network": words.NETWORK_REFUSALS,
    "clock": words.CLOCK_REFUSALS,
    "plan": words.PLAN_FAULTS,
    "status": words.STATUS_MESSAGES,
}
OURS = {f"{table}.{key}" for table, keys in TABLES.items() for key in keys}
CHAPTER_8 = {"symptoms": 6, "sign-in": 1, "new user": 3, "own password": 2, "scan": 1, "BBMD": 1}
"""How many causes and messages of each heading the manual's chapter has."""
MAY_COME_LATER = {"8 BBMD", *(f"6.8.6: {number}" for number in (2, 3, 4, 5, 6, 7, 9))}


def rows() -> list[list[str]]:
    """Return the cells of the tables: manual, what about, ours, proved by."""
    lines = [line for line in FILE.read_text().splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] != "manual"]


ROWS = rows()


def said(row: list[str]) -> set[str]:
    """Return the ids of our messages that a row names."""
    found: set[str] = set()
    for one in re.findall(r"`([^`]+)`", row[2]):
        table, _, key = one.partition(".")
        found |= {f"{table}.{each}" for each in TABLES[table]} if key == "*" else {one}
    return found


def test_every_message_of_chapter_8_is_in_a_row():
    headings = Counter(row[0].removeprefix("8 ") for row in ROWS if row[0].startswith("8 "))
    assert headings == CHAPTER_8
    numbers = {int(row[0].split()[1]) for row in ROWS if row[0].startswith("6.8.6: ")}
    assert numbers == set(words.STATUS_NUMBERS)


def test_every_message_of_ours_is_in_a_row_and_no_other():
    assert set().union(*(said(row) for row in ROWS)) == OURS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}".strip())
def test_a_row_is_proved(row):
    if row[3] == LATER:
        assert row[0] in MAY_COME_LATER
        return
    file, _, test = row[3].strip("`").partition("::")
    path: Path = ROOT / "tests" / file
    assert re.search(rf"^(async )?def {test}\(", path.read_text(), re.MULTILINE), row[3]


def test_texts_in_quotation_marks_are_told_in_each_language():
    quoted = {text for row in ROWS for text in re.findall(r'"([^"]+)"', row[2])}
    for text in quoted - {"MMC Missing"}:  # on the LCD alone, where it is the manual's
        for language in LANGUAGES:
            assert translations(language).gettext(text) != text or language == "en", text
