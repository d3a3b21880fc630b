"""The description of the API is OpenAPI 3.1, whole, and made of what there is."""

import re

import pytest
from openapi_spec_validator import validate

from host.web.api import GROUPS
from host.web.api.document import document
from host.web.routes import ACCESS

OPERATIONS = [one for group in GROUPS for one in group.operations]


@pytest.fixture(scope="module")
def whole():
    return document(GROUPS)


def test_it_is_openapi_31(whole):
    assert whole["openapi"].startswith("3.1.")
    validate(whole)


def test_every_route_of_the_api_is_described_and_no_other(whole):
    told = {
        f"{method.upper()} {path.replace('{', '<int:').replace('}', '>')}"
        for path, methods in whole["paths"].items()
        for method in methods
    }
    assert told == {route for route in ACCESS if " /api/v1/" in route}


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.route)
def test_every_operation_says_what_it_does_takes_and_gives(whole, one):
    told = next(
        operation
        for methods in whole["paths"].values()
        for operation in methods.values()
        if operation["operationId"] == one.name
    )
    assert re.fullmatch(r"[A-Z].*[^.]", told["summary"])
    assert all(parameter["description"] for parameter in told["parameters"])
    assert one.answer or one.status == 204 or one.media_type != "application/json"
    assert (one.body is None) == ("requestBody" not in told)
    assert told["responses"][str(one.status)]["description"]
    assert {"401", "403", "429", "default"} <= set(told["responses"])


def test_names_of_operations_are_unique():
    names = [one.name for one in OPERATIONS]
    assert len(names) == len(set(names))


def test_it_is_served(program):
    answer = program._client.get("/api/openapi.json", headers=program.headers)
    assert answer.json["info"]["title"] == "mbuslink"
