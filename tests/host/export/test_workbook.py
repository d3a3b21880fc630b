"""The spreadsheet: numbers are numbers, moments dates, texts texts, and no number is changed."""

import io
import zipfile
from xml.etree import ElementTree as XML

import pytest

from host.export import workbook
from host.export.form import Format
from host.export.subject import Subject
from host.store import block
from host.store.tables import to_ms
from shared.mbus import encode
from tests.host.export.test_standard import AT, METER, telegram

SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheets(*blobs: bytes, language: str = "en") -> dict[str, list[list[object]]]:
    """Return the cells of each sheet by its name: float for a number, str for a text."""
    rows = [(to_ms(AT) + 900_000 * n, blob) for n, blob in enumerate(blobs)]
    subject = Subject(METER, lambda: [[block.loose(rows)]])
    data = b"".join(workbook.encode(subject, Format("xlsx", language=language)))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        book = XML.fromstring(archive.read("xl/workbook.xml"))
        names = [one.get("name") for one in book.iter(f"{SPACE}sheet")]
        return {
            str(name): cells(XML.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml")))
            for number, name in enumerate(names, 1)
        }


def cells(sheet: XML.Element) -> list[list[object]]:
    found: list[list[object]] = []
    for row in sheet.iter(f"{SPACE}row"):
        found.append([])
        for cell in row.iter(f"{SPACE}c"):
            text = "".join(one.text or "" for one in cell.iter(f"{SPACE}t"))
            value = cell.find(f"{SPACE}v")
            assert cell.find(f"{SPACE}f") is None, "a formula"
            found[-1].append(text if value is None else float(value.text or ""))
    return found


def test_a_table_of_readings_and_a_sheet_about_the_meter() -> None:
    r = encode.record
    records = r("int32", b"\x13", 1500) + r("text", b"\xfd\x11", "=1+1")
    records += r("F", b"\x6d", (2026, 11, 27, 17, 30)) + r("int64", b"\x03", 1234567890123456789)
    found = sheets(telegram(records), telegram(r("int32", b"\x13", -5)))
    header, first, second = found["Readings"]
    values = ["Volume\nm³", "Customer", "Timestamp\nUTC", "Energy\nWh"]
    assert header == ["Date and time (UTC)", *values]
    assert first == [42761.675, 1.5, "=1+1", pytest.approx(46353.7291667), "1234567890123456789"]
    assert second == [pytest.approx(42761.675 + 15 / 1440), -0.005]
    assert ["Name", "CALEC ST"] in found["Meter"]
    assert ["Medium", "Heat (outlet)"] in found["Meter"]


def test_words_in_a_language() -> None:
    records = encode.record("int32", b"\x03", 5) + encode.record("int16", b"\x5a", 652)
    found = sheets(telegram(records), language="de")
    header = ["Datum und Uhrzeit (UTC)", "Energie\nWh", "Vorlauftemperatur\n°C"]
    assert found["Auslesungen"][0] == header
    assert list(found) == ["Auslesungen", "Zähler"]


def test_more_rows_than_a_sheet_has_go_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "ROWS_MAX", 3)
    found = sheets(*[telegram(encode.record("int32", b"\x03", n)) for n in range(5)])
    assert [row[1] for row in found["Readings"][1:]] == [0, 1]
    assert [row[1] for row in found["Readings 2"][1:]] == [2, 3]
    assert [row[1] for row in found["Readings 3"][1:]] == [4]
