"""Exports in the background: asked of the core, shown live, fetched from their file, undone."""

import io
import threading
import time
import zipfile
from datetime import UTC, datetime

import pytest

from host.core import exports as core_exports
from host.web import exports
from host.web.core_line import AWAY
from host.web.exports import ExportJob
from shared.errors import BadSetting, Busy
from tests.fakes import installation
from tests.fakes.web import Site
from tests.host.web.conftest import grant, token
from tests.host.web.test_live import open_page, wait_for

HTMX = {"HX-Request": "true"}
BEGUN = datetime(2026, 11, 27, 12, tzinfo=UTC)
LINE = {
    "number": 3,
    "state": "running",
    "started_ms": int(BEGUN.timestamp() * 1000),
    "done": 0,
    "total": 0,
    "bytes": 0,
    "error_key": None,
    "error": None,
    "kind": None,
    "meters": None,
    "medium": None,
    "since_ms": None,
    "until_ms": None,
}


@pytest.fixture
def asked(core, monkeypatch):
    """The requests that reach the core, which grants them."""
    core.link = "connected"
    return grant(core, monkeypatch)


def post(client, address, headers=None, **fields):
    fields["csrf"] = token(client)
    return client.post(f"/export/background{address}", data=fields, headers=headers)


def test_the_form_becomes_a_request(client, asked):
    fields = {"meter": ["1", "14"], "medium": "heat", "since": "2026-03-29", "until": "2026-03-29"}
    fields |= {"kind": "full-db", "separator": "tab", "mark": "comma", "language": "de"}
    answer = post(client, "", **fields, bom="on", dates="on")
    assert answer.headers["Location"] == "/export#exports"
    answer = post(client, "", HTMX)
    assert answer.status_code == 200
    assert "#exports" in answer.text
    (_, wanted), (_, all_meters) = asked
    assert wanted.pop("who") == "Olga"
    assert wanted.pop("until_ms") - wanted["since_ms"] == 23 * 3600_000, "a day of summer time"
    assert datetime.fromtimestamp(wanted.pop("since_ms") / 1000, UTC).hour == 23
    assert wanted == {
        "meters": ["1"],
        "medium": "heat",
        "dates": True,
        "kind": "full-db",
        "separator": "tab",
        "mark": ",",
        "language": "de",
        "bom": True,
    }
    assert all_meters["meters"] is None


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"meter": "99"}, 404), ({"kind": "pdf"}, 400), ({"since": "soon"}, 400)],
)
def test_what_makes_no_sense_does_not_reach_the_core(client, asked, fields, status):
    assert post(client, "", **fields).status_code == status
    assert asked == []


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Busy("one is under way"), "Es wird schon eine andere Datei vorbereitet."),
        (BadSetting("no such export"), "Diese Datei gibt es nicht mehr."),
        (TimeoutError(), "Der Logger hat nicht rechtzeitig geantwortet."),
        (None, "Der Auslesedienst läuft nicht."),
    ],
)
@pytest.mark.parametrize("address", ["", "/3/stop"])
def test_a_refusal_is_explained(client, core, monkeypatch, error, text, address):
    def request(method, **params):
        raise error

    if error:
        monkeypatch.setattr(core, "request", request)
    for headers in ({}, HTMX):
        answer = post(client, address, headers | {"Accept-Language": "de"})
        assert answer.status_code == 503
        assert text in answer.text
        assert ("<html" in answer.text) == (not headers)


@pytest.mark.parametrize("address", ["", "/3/stop", "/3/delete", "/3/undo"])
def test_a_change_needs_the_token_and_our_own_origin(client, asked, address):
    address = f"/export/background{address}"
    assert client.post(address).status_code == 403
    fields = {"csrf": token(client)}
    foreign = {"Origin": "http://evil.example"}
    assert client.post(address, data=fields, headers=foreign).status_code == 403
    assert asked == []


def test_a_delete_can_be_undone_until_it_is_done(client, core, asked, monkeypatch):
    monkeypatch.setattr(exports, "UNDO_S", 3600)
    core.exports.learn([LINE | {"state": "done"}])
    post(client, "/3/delete")
    assert 'data-state="deleted"' in client.get("/export").text
    waiting = [one for one in threading.enumerate() if isinstance(one, threading.Timer)]
    post(client, "/3/undo")
    assert 'data-state="done"' in client.get("/export").text
    for timer in waiting:
        timer.join(10)
        assert not timer.is_alive(), "it would delete it after all"
    assert waiting
    assert asked == []
    monkeypatch.setattr(exports, "UNDO_S", 0)
    post(client, "/3/delete")
    for _ in range(500):
        if asked:
            break
        time.sleep(0.01)
    assert asked == [("export.delete", {"number": 3, "who": "Olga"})]


def test_another_export_with_the_number_is_not_deleted(core, asked):
    core.exports.learn([LINE])
    (job,) = core.exports.jobs
    core.exports.learn([LINE | {"started_ms": LINE["started_ms"] + 1}])
    core.exports._delete(job, lambda: pytest.fail("it is another one"))


def test_what_is_not_there_cannot_be_deleted_nor_while_the_core_is_away(client, core, asked):
    assert "no longer there" in post(client, "/7/delete", HTMX).text
    core.link = AWAY
    assert "is not running" in post(client, "/7/delete", HTMX).text


@pytest.mark.parametrize("language", ["de", "en", "fr"])
def test_the_page_tells_how_each_one_is(client, core, language):
    core.link = "connected"
    full = {"error_key": "disk_full", "error": "<b>No space left"}
    core.exports.learn(
        [
            LINE | {"number": 4, "done": 1, "total": 4},
            LINE | {"state": "done", "bytes": 1_234_567},
            LINE | {"number": 2, "state": "failed"} | full,
            LINE | {"number": 1, "state": "stopped"},
        ]
    )
    page = client.get("/export", headers={"Accept-Language": language}).text
    parts = {
        "de": ("25\u00a0%", "1 von 4 Zählermonaten", "27.11.2026, 13:00:00", "1,2 MB", "voll"),
        "en": ("25%", "1 of 4 meter-months", "27 Nov 2026, 13:00:00", "1.2 MB", "full"),
        "fr": ("25\u00a0%", "1 sur 4 mois", "27 nov. 2026, 13:00:00", "1,2\u202fMo", "plein"),
    }
    for part in parts[language]:
        assert part in page
    assert "&lt;b&gt;No space left" in page
    assert page.count('href="/export/background/3/DataExport.zip"') == 1
    assert 'formaction="/export/background/4/stop"' in page
    assert 'formaction="/export/background/1/delete"' in page
    assert 'class="chip chip--job" href="/export#exports"' in client.get("/").text


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "de",
            ["CSV FULL-DB · 2 Zähler · Wärme · 27.11.2026", "JSON · alle Zähler · ab 27.11.2026"],
        ),
        (
            "en",
            ["CSV FULL-DB · 2 meters · Heat · 27 Nov 2026", "JSON · all meters · from 27 Nov 2026"],
        ),
        (
            "fr",
            ["CSV FULL-DB · 2 compteurs · Chaleur", "JSON · tous les compteurs · à partir du 27"],
        ),
    ],
)
def test_the_page_tells_what_is_in_each_one(client, core, language, told):
    day_ms = LINE["started_ms"] - 13 * 3600_000  # midnight in Zurich
    period = {"since_ms": day_ms, "until_ms": day_ms + 86_400_000}
    core.exports.learn(
        [
            LINE | {"number": 2, "kind": "full-db", "meters": 2, "medium": "heat"} | period,
            LINE | {"number": 1, "kind": "json", "since_ms": day_ms},
        ]
    )
    page = client.get("/export", headers={"Accept-Language": language}).text
    for text in told:
        assert text in page


def test_the_time_left_follows_from_the_pace():
    job = ExportJob(1, "running", BEGUN, done=10, total=40)
    assert job.left_s(datetime(2026, 11, 27, 12, 1, tzinfo=UTC)) == 180
    assert ExportJob(1, "running", BEGUN, total=40).left_s(BEGUN) is None


@pytest.fixture
def made(data):
    """A file that the core has made, and its bytes."""
    path = data / "exports" / "3" / core_exports.EXPORT_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("1.csv", "x" * 1000)
    path.write_bytes(content.getvalue())
    yield content.getvalue()
    path.unlink()


def test_a_file_is_fetched_whole_or_in_part(client, made):
    address = "/export/background/3/DataExport.zip"
    answer = client.get(address)
    assert answer.data == made
    assert answer.headers["Content-Length"] == str(len(made))
    assert answer.headers["Content-Disposition"] == "attachment; filename=DataExport.zip"
    assert answer.headers["Accept-Ranges"] == "bytes"
    part = client.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, made[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(made)}"
    assert client.get(address, headers={"Range": "bytes=999999-"}).status_code == 416
    tag = {"If-None-Match": answer.headers["ETag"]}
    assert client.get(address, headers=tag).status_code == 304
    assert client.head(address).headers["Content-Length"] == str(len(made))
    for other in ("4/DataExport.zip", "3/other.zip", "../3/DataExport.zip", "3/..%2f..%2fx"):
        assert client.get(f"/export/background/{other}").status_code == 404


def test_fetching_counts_as_a_download_and_gives_its_place_back(client, made):
    address = "/export/background/3/DataExport.zip"
    for _ in range(5):
        assert client.get(address, headers={"Range": "bytes=10-19"}).status_code == 206
    under_way = [client.get(address, buffered=False) for _ in range(3)]
    assert client.get("/export/data?meter=1").status_code == 503
    for answer in under_way:
        answer.close()
    assert client.get(address).status_code == 200


def test_without_a_core_the_files_can_still_be_fetched(client, made):
    page = client.get("/export").text
    assert "/export/background/3/DataExport.zip" in page
    assert "/3/delete" not in page


def test_it_is_live_and_the_chip_is_on_every_page(tmp_path):
    installation.install(tmp_path)
    with Site(tmp_path) as site, open_page(site, view="export") as page, open_page(site) as other:
        wait_for(page, 'id="exports"')
        site.do(lambda: site.core.export(1, done=1, total=4))
        wait_for(page, 'id="exports"', "25%", "1 of 4", "about 5 mins left")
        wait_for(other, 'id="export-chip"', "25%")
        site.do(lambda: site.core.export(1, state="done", bytes=4_200_000, done=4))
        wait_for(page, 'id="exports"', "4.2 MB")
        wait_for(other, '<div id="export-chip"></div>')
        with open_page(site, view="export") as later:
            wait_for(later, 'id="exports"', "4.2 MB")
        site.do(site.core._delete_export, 1, "Olga")
        wait_for(page, 'id="exports"', "None yet")
