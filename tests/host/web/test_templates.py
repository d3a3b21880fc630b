"""M9 on the pages: saved from a meter, edited, previewed, applied, as a file and back, deleted."""

import io
import json

import pytest
from sqlalchemy.orm import Session

from host.settings import template as files
from host.settings.template import Kind, Template
from host.settings.value import PLAIN, ValueKey, ValueSettings
from host.store import database, settings, templates
from host.web.app import create_app
from host.web.core_line import CoreLine
from host.web.settings import WebSettings
from shared.errors import BadSetting, Busy
from tests.fakes import installation
from tests.host.web.conftest import GERMAN, client_of, grant, send, token

USUAL = {"meter_type": None, "snd_nke": True, "application_reset": None}
KEYS = [ValueKey(head, 0) for head in ("0c13", "4c13", "426c", "023b")]
WATER = Template(
    "Water <b>",
    Kind("HYD", 7, 4),
    USUAL,
    dict.fromkeys(KEYS, PLAIN) | {KEYS[0]: ValueSettings(unit="l", factor="0.001")},
)
ALONE = Template("Alone", Kind("XYZ", 1, 1), USUAL, {ValueKey("0403", 0): PLAIN})


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("templates")
    installation.install(folder)
    engine = database.open_writer(database.database_path(folder))
    with Session(engine) as session, session.begin():
        for one in (WATER, ALONE):
            templates.add(session, "Olga", one)
    engine.dispose()
    return folder


@pytest.fixture
def olga(kept):
    return client_of(create_app(WebSettings(kept), CoreLine(kept)), "Olga")


@pytest.fixture
def asked(olga, monkeypatch):
    return grant(olga.application.extensions["core"], monkeypatch, id=7, changed=5)


def form(**changes):
    fields = {"name": "Water", "meter_type": "", "snd_nke": "on", "application_reset": ""}
    fields |= {"with_experts": "on"}
    for number, key in enumerate(KEYS, 1):
        fields |= {f"key-{number}": f"{key.head}.{key.nth}"}
    fields |= {"unit-1": "l", "factor-1": "0,001"}
    return {name: text for name, text in (fields | changes).items() if text is not None}


def test_the_list_says_for_how_many_meters_and_how_many_differ(olga):
    page = olga.get("/templates", headers=GERMAN).text
    assert "Water &lt;b&gt;" in page
    assert "5 Zähler sind anders eingestellt" in page
    assert "kein Zähler dieser Art" in page
    assert "bei seiner ersten Ablesung" in page


def test_where_there_is_none_the_next_step_is_named(client):
    assert "Als Vorlage speichern" in client.get("/templates", headers=GERMAN).text


def test_a_template_shows_what_it_would_change_before_it_does(olga):
    page = olga.get(f"/templates/{number_of(olga, 'Water')}", headers=GERMAN)
    assert "5 von 5 Zählern" in page.text
    assert "<del>Volumen: 312,456 m³</del>" in page.text
    assert "<ins>Volumen: 312.456 l</ins>" in page.text
    assert olga.get("/templates/99").status_code == 404


def number_of(olga, name):
    with database.reading(
        database.database_path(olga.application.extensions["settings"].data)
    ) as s:
        return next(one.id for one in templates.all(s) if one.template.name.startswith(name))


def test_the_preview_follows_what_is_typed_and_asks_nobody(olga, asked):
    path = f"/templates/{number_of(olga, 'Water')}/preview"
    page = send(olga, path, **form(**{"designation-1": "Kalt <i>"}, snd_nke=None)).text
    assert "<ins>Kalt &lt;i&gt;: 312.456 l</ins>" in page
    assert "<del>ein</del>" in page
    assert 'id="template-preview" aria-live="polite" hx-swap-oob="true"' in page
    assert 'id="shown-1" hx-swap-oob="true"' in page
    page = send(olga, path, **form(**{"factor-1": "", "unit-1": ""})).text
    assert "Nichts: Alle 5 Zähler" in page
    assert "nicht möglich" in send(olga, path, **form(**{"factor-1": "3"})).text
    assert asked == []


def test_it_is_saved_and_applied(olga, asked):
    number = number_of(olga, "Water")
    answer = send(olga, f"/templates/{number}", **form(do="apply"))
    assert answer.headers["Location"] == f"/templates/{number}?applied=5"
    (changed, told), (applied, which) = asked
    assert (changed, applied) == ("templates.change", "templates.apply")
    assert files.from_entry(told["template"]).values == WATER.values
    assert told["template"]["name"] == "Water"
    assert (told["who"], which) == ("Olga", {"who": "Olga", "id": number})
    page = olga.get(f"/templates/{number}?applied=5", headers=GERMAN).text
    assert "5 Zähler wurden geändert" in page


def test_what_cannot_be_is_told_at_its_field(olga, asked):
    path = f"/templates/{number_of(olga, 'Water')}"
    answer = send(olga, path, **form(name=" ", application_reset="999", **{"tariff-2": "-1"}))
    assert answer.status_code == 422
    for one in ("template-name-problem", "meter-application_reset-problem", "tariff-2-problem"):
        assert f'id="{one}"' in answer.text
    assert asked == []


def test_a_meter_is_saved_as_a_template(olga, asked, monkeypatch):
    answer = send(olga, "/meters/1/template")
    assert answer.headers["Location"] == "/templates/7?done=added"
    assert asked == [
        ("templates.save", {"who": "Olga", "address": "1", "name": "AMT Flat 1 heating"})
    ]
    core = olga.application.extensions["core"]

    def refuse(error):
        def request(*_args, **_params):
            raise error

        monkeypatch.setattr(core, "request", request)

    refuse(Busy("there is one"))
    there = send(olga, "/meters/2/template").headers["Location"]
    assert there == f"/templates/{number_of(olga, 'Water')}?done=there"
    refuse(BadSetting("read it once"))
    answer = send(olga, "/meters/14/template")
    assert answer.status_code == 422
    assert "Lesen Sie den Zähler einmal aus" in answer.text


def test_files_come_with_names_of_our_own_and_can_be_read(olga):
    number = number_of(olga, "Water")
    answer = olga.get(f"/templates/{number}.json")
    assert (
        answer.headers["Content-Disposition"]
        == f'attachment; filename="driver-template-7-4-{number}.json"'
    )
    assert list(files.read(answer.data)) == [WATER]
    assert len(files.read(olga.get("/templates.json").data)) == 2


def upload(olga, data, **more):
    file = (io.BytesIO(data), "../../etc/<script>.json")
    fields = {"csrf": token(olga), "file": file, **more}
    return olga.post("/templates/import", data=fields, headers=GERMAN)


def test_a_file_is_taken_over_whole_or_not_at_all(olga, asked):
    whole = files.write([WATER]).encode()
    answer = upload(olga, whole, replace="on")
    assert answer.headers["Location"] == "/templates?done=imported"
    assert asked[0][1]["replace"] is True
    for broken in (b"", whole[:200], b'{"format": "<script>"}', json.dumps([1]).encode()):
        answer = upload(olga, broken)
        assert answer.status_code == 422
        assert "es wurde nichts geändert" in answer.text
        assert "<script>" not in answer.text
    assert [method for method, _ in asked if method != "redecode.state"] == ["templates.import"]


def test_it_is_deleted_and_had_back(olga, asked):
    number = number_of(olga, "Alone")
    assert (
        send(olga, f"/templates/{number}/delete").headers["Location"]
        == f"/templates?deleted={number}"
    )
    page = olga.get(f"/templates?deleted={number}", headers=GERMAN).text
    assert "lässt sie sich zurückholen" in page
    assert send(olga, "/templates/restore", id=number).headers["Location"].endswith("done=restored")
    changed = [method for method, _ in asked if method != "redecode.state"]
    assert changed == ["templates.delete", "templates.restore"]


def test_the_history_is_decoded_again_and_stopped(olga, asked, monkeypatch):
    told = {"first": False, "readings": 14, "unreadable": 1, "others": 1, "meters_changed": 1}
    told |= {"permille": 500, "error": None, "lines": ["2  0C13 #1: <b> -> l"]}
    core = olga.application.extensions["core"]
    send(olga, "/templates/redecode", do="start")
    send(olga, "/templates/redecode", do="stop")
    assert [method for method, _ in asked if "redecode.st" in method and "state" not in method] == [
        "redecode.start",
        "redecode.stop",
    ]
    for state, text in (
        ("none", "Verlauf neu dekodieren"),
        ("running", "Anhalten"),
        ("stopped", "geht von dort weiter"),
        ("failed", "fehlgeschlagen"),
        ("done", "&lt;b&gt; -&gt; l"),
    ):
        monkeypatch.setattr(core, "request", lambda *_, s=state, **__: told | {"state": s})
        assert text in olga.get("/templates", headers=GERMAN).text


def test_whoever_has_a_table_for_bi_tools_is_told_that_it_is_as_it_was(olga, asked, monkeypatch):
    told = {"state": "done", "first": False, "readings": 14, "unreadable": 0, "permille": 1000}
    told |= {"others": 1, "meters_changed": 0, "error": None, "lines": []}
    monkeypatch.setattr(olga.application.extensions["core"], "request", lambda *_, **__: told)
    assert "bi off" not in olga.get("/templates", headers=GERMAN).text
    engine = database.open_writer(olga.application.extensions["settings"].reader.existing())
    with Session(engine) as session, session.begin():
        settings.keep_text(session, "BiValues", "0")
    engine.dispose()
    page = olga.get("/templates", headers=GERMAN).text
    assert "bi off" in page
    assert "Tabelle für BI-Werkzeuge" in page


def test_a_standard_user_sees_none_of_it(kept):
    peter = client_of(create_app(WebSettings(kept), CoreLine(kept)), "Peter")
    assert peter.get("/templates").status_code == 403
    assert 'href="/templates"' not in peter.get("/").text
