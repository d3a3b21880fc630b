"""The page of the API: its words, and commands that work as they stand."""

import html
import itertools
import re
import shlex

import pytest

from host.web.api import GROUPS
from host.web.rate import Rate
from tests.host.web.conftest import GERMAN, client_of, grant

COMMANDS = len([one for group in GROUPS for one in group.operations])


@pytest.fixture
def page(app):
    return client_of(app, "Olga").get("/api", headers=GERMAN).text


def commands(page):
    found = re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.DOTALL)
    return [html.unescape(text).replace("\\\n", "") for text in found]


def test_it_has_every_operation_and_every_problem(page):
    for group in GROUPS:
        for one in group.operations:
            assert f'id="operation-{one.name}"' in page
    assert 'id="wrong_values"' in page
    assert "Manche Werte gehen nicht." in page
    assert "**" not in page
    assert "style=" not in page.partition("<main")[2]


def test_its_commands_are_understood(app, core, page, monkeypatch):
    """As a program would send them; whether there is such a thing is another matter."""
    app.extensions["rate"] = Rate(burst=1000)
    core.link = "connected"
    grant(core, monkeypatch)
    found = commands(page)
    assert len(found) == COMMANDS
    for text in found:
        words = shlex.split(text.replace("$TOKEN", "Olga"))
        options = [
            (name, value) for name, value in itertools.pairwise(words) if name in ("-X", "-H", "-d")
        ]
        given = {name: value for name, value in options if name != "-H"}
        headers = [tuple(value.split(": ", 1)) for name, value in options if name == "-H"]
        answer = app.test_client().open(
            words[-1], method=given.get("-X", "GET"), headers=headers, data=given.get("-d")
        )
        if answer.status_code == 422:
            assert {one["key"] for one in answer.json["errors"]} == {"unknown"}, (text, answer.text)
        assert answer.status_code not in (400, 401, 403, 405, 413, 415), (text, answer.text)
