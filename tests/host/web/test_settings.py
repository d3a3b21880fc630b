"""The page Settings: forms out of the chapters, reading dates, the configuration as a file."""

import io
import json

import pytest

from host.settings.chapters import CHAPTERS
from host.web.pages.settings import ELSEWHERE
from shared.errors import Busy
from tests.host.web.conftest import GERMAN, grant, send


@pytest.fixture
def asked(core, monkeypatch):
    """What the core is asked to change, which it grants."""
    return grant(core, monkeypatch, lambda method, params: (method, params["chapters"]))


def test_every_setting_has_its_field_with_help(client):
    page = client.get("/settings", headers=GERMAN).text
    for name, chapter in CHAPTERS.items():
        if name in ELSEWHERE:
            assert f'href="{ELSEWHERE[name]}"' in page
            continue
        for row in chapter.rows():
            if row.kind != "dates":
                assert f'id="{name}-{row.name}"' in page
                assert f'id="{name}-{row.name}-help"' in page
    assert 'value="Rosenweg 12"' in page
    assert 'value="15 min"' in page
    assert "Noch kein Ablesetag" in page


def test_a_chapter_is_changed_as_it_was_typed(client, asked):
    answer = send(client, "/settings/readout", cycle_s=" 5 min ")
    assert answer.headers["Location"] == "/settings?saved=readout#readout"
    send(client, "/settings/storage", keep_days="730")
    send(client, "/settings/site", name="North", site="Cellar", zone="Europe/Paris")
    assert asked == [
        ("settings.change", {"readout": {"cycle_s": 300}}),
        ("settings.change", {"storage": {"keep_days": 730}}),
        ("settings.change", {"site": {"name": "North", "site": "Cellar", "zone": "Europe/Paris"}}),
    ]
    page = client.get("/settings?saved=readout", headers=GERMAN).text
    assert page.count("Gespeichert.") == 1


@pytest.mark.parametrize(
    ("chapter", "fields", "told"),
    [
        ("readout", {"cycle_s": "9"}, "9 s geht nicht; möglich sind 10 s bis 48 h"),
        ("readout", {"cycle_s": "oft<b>"}, "hier wird eine Dauer erwartet"),
        ("storage", {"keep_days": "-1"}, "möglich sind 0 bis 36500 Tage"),
        ("site", {"zone": "Mars/Olympus"}, "Mars/Olympus ist keine Zeitzone"),
    ],
)
def test_a_wrong_value_is_told_at_its_field_and_kept_in_it(client, asked, chapter, fields, told):
    answer = send(client, f"/settings/{chapter}", **fields)
    assert answer.status_code == 422
    assert told in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "<b>" not in answer.text
    assert asked == []
    (name,) = fields
    assert f'name="{name}" value="{fields[name].replace("<b>", "&lt;b&gt;")}"' in answer.text


def test_what_the_core_says_against_it_is_told(client, core, monkeypatch):
    def request(_method, **_params):
        raise Busy("disk")

    monkeypatch.setattr(core, "request", request)
    answer = send(client, "/settings/storage", keep_days="7")
    assert answer.status_code == 503
    assert "Das ist gerade in Gebrauch." in answer.text
    assert 'name="keep_days" value="7"' in answer.text


def test_a_chapter_that_there_is_not(client, asked):
    assert send(client, "/settings/weather", sun="1").status_code == 404


def test_reading_dates_are_added_and_removed(client, asked, monkeypatch):
    answer = send(client, "/settings/readout/dates", month="0", day="31", hour="23")
    assert answer.headers["Location"].endswith("#dates")
    assert asked[-1][1] == {"readout": {"dates": [[0, 31, 23]]}}
    assert send(client, "/settings/readout/dates", month="0", day="31").status_code == 400
    wrong = send(client, "/settings/readout/dates", month="13", day="31", hour="0")
    assert wrong.status_code == 422
    assert "einen Ablesetag im Monat 13" in wrong.text
    send(client, "/settings/readout/dates/remove", rule="0-31-23")
    assert asked[-1][1] == {"readout": {"dates": []}}


def test_the_configuration_goes_out_and_comes_back(client, asked):
    answer = client.get("/settings/configuration")
    assert "filename=Configuration_Rosenweg-12_" in answer.headers["Content-Disposition"]
    kept = json.loads(answer.data)["chapters"]
    assert kept["site"]["zone"] == "Europe/Zurich"
    file = (io.BytesIO(answer.data), "any.json")
    assert send(client, "/settings/configuration", file=file).status_code == 303
    assert asked == [("settings.change", kept)]


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[]"])
def test_half_a_file_is_refused_with_nothing_changed(client, asked, text):
    answer = send(client, "/settings/configuration", file=(io.BytesIO(text), "x.json"))
    assert answer.status_code == 422
    assert "nichts geändert" in answer.text
    assert asked == []
