"""The download: one meter as CSV, all as a ZIP, in a language, a separator and a period."""

import io
import zipfile

import pytest


def test_one_meter(client):
    answer = client.get("/export/data?meter=1")
    assert answer.mimetype == "text/csv"
    assert "attachment; filename=1-10000001-" in answer.headers["Content-Disposition"]
    lines = answer.text.splitlines()
    assert lines[0].startswith("Date/Time(UTC);PrimaryAddress;Serial;ManufacturerId;Version;Medium")
    assert ";Energy;Energy_Einheit;" in lines[0]
    assert len(lines) == 3
    assert ";148213000;Wh;" in lines[2]


def test_language_separator_and_mark(client):
    answer = client.get("/export/data?meter=1&language=fr&separator=comma&bom=on")
    assert answer.data.startswith(b"\xef\xbb\xbfDate/Time(UTC),")
    assert ",Énergie," in answer.text


def test_all_meters_in_one_archive(client):
    answer = client.get("/export/data")
    assert "DataExport.zip" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert len(archive.namelist()) == 13, "the meter that was never read has no file"
        assert archive.testzip() is None


def test_a_period_is_days_of_the_site(client):
    assert len(client.get("/export/data?meter=1&since=2000-01-01").text.splitlines()) == 3
    assert len(client.get("/export/data?meter=1&until=2000-01-01").text.splitlines()) == 1
    assert client.get("/export/data?until=2000-01-01").mimetype == "application/zip"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("meter=99", 404),
        ("meter=x", 404),
        ("meter=1&since=yesterday", 400),
        ("meter=1&separator=pipe", 400),
        ("meter=1&language=xx", 400),
    ],
)
def test_what_makes_no_sense_is_refused(client, query, status):
    assert client.get(f"/export/data?{query}").status_code == status


def test_the_form_knows_the_meter_it_was_opened_from(client):
    assert '<option value="3" selected>' in client.get("/export?meter=3").text
