"""An installation of fourteen meters, and a browser's place in it without a server."""

import pytest

from host.web.access import COOKIE
from host.web.app import create_app
from host.web.core_line import CoreLine
from host.web.settings import WebSettings
from tests.fakes import installation
from tests.fakes.web import sign_in


def client_of(app, name):
    """Return a browser in which the user `name` is signed in."""
    client = app.test_client()
    client.set_cookie(COOKIE, sign_in(app, name))
    return client


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
