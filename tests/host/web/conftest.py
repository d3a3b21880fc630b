"""An installation of fourteen meters, and a browser's place in it without a server."""

import re

import pytest

from host.web.access import COOKIE
from host.web.app import create_app
from host.web.core_line import CoreLine
from host.web.settings import WebSettings
from tests.fakes import installation
from tests.fakes.web import Site, sign_in

GERMAN = {"Accept-Language": "de"}


def client_of(app, name):
    """Return a browser in which the user `name` is signed in."""
    client = app.test_client()
    client.set_cookie(COOKIE, sign_in(app, name))
    return client


def token(client) -> str:
    """Return the token of this browser for forms."""
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/").text)
    assert found is not None
    return found[1]


def send(client, path, **fields):
    """Send a form as a German page does; return the answer."""
    return client.post(path, data={"csrf": token(client), **fields}, headers=GERMAN)


def grant(core, monkeypatch, note=lambda method, params: (method, params), **answer):
    """Have the core grant everything with `answer`; return what it will have been asked.

    note(method, params): what is kept of a request.
    """
    found = []

    def request(method, **params):
        found.append(note(method, params))
        return answer

    monkeypatch.setattr(core, "request", request)
    return found


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """A data folder that no test changes."""
    folder = tmp_path_factory.mktemp("data")
    installation.install(folder)
    return folder


@pytest.fixture
def settings(data):
    return WebSettings(data)


@pytest.fixture
def core(data):
    """The line to a core that is away, until a test gives it another `link` or `request`."""
    return CoreLine(data)


@pytest.fixture
def app(settings, core):
    return create_app(settings, core)


@pytest.fixture
def client(app):
    """The browser of an administrator who is signed in."""
    return client_of(app, "Olga")


@pytest.fixture
def site(tmp_path):
    """The real server on a folder of its own, with a real core's services behind it."""
    installation.install(tmp_path)
    with Site(tmp_path) as site:
        site.do(site.connected)
        yield site
