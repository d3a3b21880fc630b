"""The download: one meter's file, all as a ZIP, in every format, language, separator and period."""

import io
import json
import threading
import zipfile

import pytest

from host.web.pages import export
from tests.fakes.web import Site

FIRST = b"Date/Time(UTC);PrimaryAddress;Serial;ManufacturerId;Version;Medium"


def test_one_meter(client):
    answer = client.get("/export/data?meter=1")
    assert answer.mimetype == "text/csv"
    assert "attachment; filename=1-10000001-" in answer.headers["Content-Disposition"]
    lines = answer.text.splitlines()
    assert lines[0].startswith(FIRST.decode())
    assert ";Energy;Energy_Einheit;" in lines[0]
    assert len(lines) == 3
    assert ";148213000;Wh;" in lines[2]


def test_language_separator_mark_and_byte_order_mark(client):
    answer = client.get("/export/data?meter=1&language=fr&separator=tab&mark=comma&bom=on")
    assert answer.data.startswith(b"\xef\xbb\xbfDate/Time(UTC)\t")
    assert "\tÉnergie\t" in answer.text
    assert "\t0,123457\tm³/h\t" in answer.text


@pytest.mark.parametrize(
    ("kind", "begin", "mimetype"),
    [
        ("full-db", b"Device.Id;AddressMode;", "text/csv"),
        ("json", b'{"meter": {"id": 1,', "application/json"),
        ("xlsx", b"PK", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
def test_every_format(client, kind, begin, mimetype):
    answer = client.get(f"/export/data?meter=1&kind={kind}")
    assert answer.mimetype == mimetype
    assert answer.data.startswith(begin)
    if kind == "json":
        assert len(json.loads(answer.data)["readings"]) == 2


def test_all_meters_some_or_those_of_a_medium_in_one_archive(client):
    def names(query):
        answer = client.get(f"/export/data?{query}")
        assert "DataExport.zip" in answer.headers["Content-Disposition"]
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            assert archive.testzip() is None
            return [name.partition("-")[0] for name in archive.namelist()]

    assert len(names("")) == 13, "the meter that was never read has no file"
    assert names("meter=3&meter=1") == ["3", "1"]
    water = names("medium=water")
    assert 0 < len(water) < 13
    assert names("medium=water&kind=json") == water


def test_a_period_is_days_of_the_site(client):
    assert len(client.get("/export/data?meter=1&since=2000-01-01").text.splitlines()) == 3
    assert len(client.get("/export/data?meter=1&until=2000-01-01").text.splitlines()) == 1
    assert len(client.get("/export/data?meter=1&dates=on").text.splitlines()) == 1
    assert client.get("/export/data?until=2000-01-01").mimetype == "application/zip"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("meter=99", 404),
        ("meter=x", 404),
        ("meter=1&since=yesterday", 400),
        ("meter=1&separator=pipe", 400),
        ("meter=1&mark=x", 400),
        ("meter=1&language=xx", 400),
        ("meter=1&kind=pdf", 400),
        ("medium=steam", 400),
    ],
)
def test_what_makes_no_sense_is_refused(client, query, status):
    assert client.get(f"/export/data?{query}").status_code == status


def test_the_form_knows_the_meter_it_was_opened_from(client):
    page = client.get("/export?meter=3").text
    assert 'value="3" checked' in page
    assert page.count(" checked") == 1


def test_a_few_downloads_at_once_and_pages_beside_them(client):
    under_way = [client.get("/export/data?meter=1", buffered=False) for _ in range(3)]
    refused = client.get("/export/data?meter=1")
    assert refused.status_code == 503
    assert "Too many downloads" in refused.text
    assert client.get("/export").status_code == 200
    for answer in under_way:
        answer.close()
    assert client.get("/export/data?meter=1").status_code == 200


def test_the_work_ends_when_the_browser_leaves(tmp_path, monkeypatch):
    """Over a real socket: the first bytes come before the rest is made; then nobody takes it."""
    import socket

    from tests.fakes import installation

    installation.install(tmp_path)
    ended, pieces = threading.Event(), []

    def endless(self):
        try:
            while True:
                pieces.append(1)
                yield bytes(65536)
        finally:
            ended.set()

    monkeypatch.setattr(export.Export, "archive", endless)
    with Site(tmp_path) as site:
        with socket.create_connection(("127.0.0.1", site.port)) as browser:
            request = f"GET /export/data HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n"
            browser.sendall(f"{request}Cookie: {site.cookie()}\r\n\r\n".encode())
            assert browser.recv(1000).startswith(b"HTTP/1.1 200 OK")
            assert not ended.is_set()
        assert ended.wait(10), "it goes on for nobody"
