"""What the description allows is answered as it says, and what it does not is refused.

Requests are made by a fixed seed, so that each run makes the same ones, against the real pages
beside a fake core with the real services.
"""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from host.web.api import GROUPS
from host.web.api.document import document
from host.web.rate import Rate
from tests.fakes import installation
from tests.fakes.token_holders import header, known
from tests.fakes.web import Site

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
    ignored_auth,
]
EXAMPLES = 8

_served = {}


def _app(environ, start_response):
    """The pages of the fixture `api`, which are not there yet when the tests are collected."""
    return _served["app"](environ, start_response)


_refusals = {"expected-statuses": [400, 401, 403, 404, 405, 409, 413, 415, 422]}
_config = schemathesis.Config.from_dict({"checks": {"negative_data_rejection": _refusals}})
_config.update(seed=1, max_failures=None)
schema = schemathesis.openapi.from_dict(document(GROUPS), config=_config)
schema.app = _app
schema.location = "/api/openapi.json"


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    installation.install(folder)
    with Site(folder) as site:
        site.do(site.connected)
        app = site.server.app
        app.extensions["rate"] = Rate(burst=1_000_000)
        known(app)
        _served["app"] = app
        yield app


@pytest.mark.slow
@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_api_does_what_it_says(api, case):
    case.call_and_validate(headers=header("Olga"), checks=CHECKS)
