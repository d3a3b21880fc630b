"""A program at the API of fourteen meters."""

from typing import Any

import pytest

from tests.fakes import token_holders
from tests.fakes.token_holders import header


class Program:
    """Asks the API of `app` as the user `name`, whose token it shows."""

    def __init__(self, app, name="Olga", *, read_only=False):
        self._client = app.test_client()
        self.headers = header(name, read_only=read_only)

    def ask(self, path, method="GET", json=None, **headers):
        """Return the answer."""
        sent = self.headers | {name.replace("_", "-"): text for name, text in headers.items()}
        return self._client.open(f"/api/v1{path}", method=method, json=json, headers=sent)

    def get(self, path) -> Any:
        """Return what is told, which must go well."""
        answer = self.ask(path)
        assert answer.status_code == 200, answer.text
        return answer.json

    def problem(self, path, method="GET", json=None, **headers) -> Any:
        """Return the problem that comes back."""
        answer = self.ask(path, method, json, **headers)
        assert answer.mimetype == "application/problem+json", answer.text
        assert answer.json["status"] == answer.status_code
        return answer.json


@pytest.fixture
def app(app):
    token_holders.known(app)
    return app


@pytest.fixture
def program(app):
    return Program(app)
