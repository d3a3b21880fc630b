"""The description of the API, OpenAPI 3.1, made of its operations and the table of access."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from host.web.access import COOKIE
from host.web.api import problems
from host.web.api.models import JSON, LARGEST
from host.web.api.operations import PREFIX, Group, Nothing, Operation
from host.web.api.problems import Problem
from host.web.guard import CSRF_HEADER
from host.web.rate import A_SECOND, BURST
from host.web.routes import ACCESS, Level
from shared.version import VERSION

Json = dict[str, Any]

_PATH = re.compile(r"<int:(\w+)>")
_ABOUT = f"""\
What the pages do, for programs: the same services, the same rules, the same sight of meters.

**Who asks.** Send `Authorization: Bearer TOKEN` with a token of the page `/tokens`. It may do what
its user may now, or only read if it was created so, and ends with its date, when it is revoked, and
with its user's password. The session of a browser is heeded too; whatever changes something then
needs the header `{CSRF_HEADER}`.

**Numbers.** A measured number is an exact decimal in a text (`"148213000"`, `"254.1"`), in the base
unit of its quantity (Wh, W, m³, m³/h, °C, K) unless somebody has set unit and factor. Counts, and
the numbers of meters, users and units, are JSON integers.

**Times** are RFC 3339 in UTC, `2026-01-31T12:00:00.000Z`. In what is asked another offset is fine;
`from` is included, `to` is not. What a meter writes as its own time has no zone, for it has none.

**Lists** come in pages: `next` is the address of the next one, null at the end.

**Errors** are problem+json (RFC 9457). Compare `key`; `title`, `detail` and `next_step` are for
people, in the language of `Accept-Language` (de, en, fr). A field that is not known is refused.

**Limits.** {BURST} requests at once, then {A_SECOND} a second for a user; 64 KB in a request.
"""

# name -> what it is, an example
PATH_PARAMETERS = {
    "meter_id": ("Number of the meter, as in the list of meters.", 1),
    "user_id": ("Number of the user, as in the list of users.", 2),
    "unit_id": ("Number of the consumer unit, as in the list of units.", 1),
    "template_id": ("Number of the driver template, as in the list of templates.", 1),
    "number": ("Number of the export, as in the list of exports.", 1),
}
_REFUSED = {
    401: "Nobody is signed in, or the token is not valid.",
    403: "The user or the token may not do this.",
    404: "There is nothing at this address that the user may see.",
    409: "It cannot be done now: a name is taken, or the logger is busy.",
    422: "Some values cannot be; `errors` names them.",
    429: "Too many requests; `Retry-After` says how long to wait.",
    400: "The body is no JSON.",
    413: "The request is too large.",
    415: "The body is said to be something else than JSON.",
    503: "The logger is not there, or too much is asked of it.",
}


@cache
def document(groups: Sequence[Group]) -> Json:
    """Return the description of the operations in `groups`."""
    operations = [one for group in groups for one in group.operations]
    names, schemas = _schemas(operations)
    paths: dict[str, Json] = {}
    for group in groups:
        for one in group.operations:
            path = _PATH.sub(r"{\1}", PREFIX + one.rule)
            paths.setdefault(path, {})[one.method.lower()] = _operation(one, group, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mbuslink",
            "version": VERSION,
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": group.title} for group in groups],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def _schemas(operations: Sequence[Operation]) -> tuple[dict[type[BaseModel], Json], Json]:
    """Return the reference of each model, and the schemas that these lead to."""
    wanted: dict[type[BaseModel], JsonSchemaMode] = {Problem: "serialization"}
    for one in operations:
        wanted |= {one.body: "validation"} if one.body else {}
        wanted |= {one.answer: "serialization"} if one.answer else {}
    found, whole = models_json_schema(
        list(wanted.items()), ref_template="#/components/schemas/{model}"
    )
    return {model: found[model, mode] for model, mode in wanted.items()}, _tidy(whole["$defs"])


def _operation(one: Operation, group: Group, names: Mapping[type[BaseModel], Json]) -> Json:
    level = ACCESS[one.route]
    told: Json = {
        "operationId": one.name,
        "tags": [group.title],
        "summary": one.summary.removesuffix("."),
        "description": "\n\n".join(
            part
            for part in (
                one.description,
                "For administrators." if level is Level.ADMINISTRATOR else "",
            )
            if part
        ),
        "parameters": [*_path(one), *_query(one)],
        "responses": _responses(one, names),
    }
    if one.body:
        content: Json = {JSON: {"schema": names[one.body]}}
        told["requestBody"] = {"required": True, "content": content}
    return told


def _path(one: Operation) -> list[Json]:
    found: list[Json] = []
    for name in _PATH.findall(one.rule):
        about, example = PATH_PARAMETERS[name]
        whole = {"type": "integer", "minimum": 0, "maximum": LARGEST, "examples": [example]}
        told = {"name": name, "in": "path", "required": True}
        found.append(told | {"description": about, "schema": whole})
    return found


def _query(one: Operation) -> list[Json]:
    schema = _tidy(one.query.model_json_schema())
    required = schema.get("required", ())
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": field.pop("description", ""),
            "schema": field,
        }
        for name, field in schema.get("properties", {}).items()
    ]


def _responses(one: Operation, names: Mapping[type[BaseModel], Json]) -> Json:
    went_well: Json = {"description": "Done."}
    if one.answer:
        went_well["content"] = {JSON: {"schema": names[one.answer]}}
    elif one.status == 200:
        went_well["content"] = {one.media_type: {}}
    refusals = {401, 403, 429, 503}
    refusals |= {404} if "<" in one.rule else set()
    refusals |= {409} if one.method != "GET" else set()
    refusals |= {422} if one.body or one.query is not Nothing else set()
    refusals |= {400, 413, 415} if one.body else set()
    content = {problems.CONTENT_TYPE: {"schema": names[Problem]}}
    told = {
        str(status): {"description": _REFUSED[status], "content": content}
        for status in sorted(refusals)
    }
    other = {"description": "Any other failure.", "content": content}
    return {str(one.status): went_well, **told, "default": other}


def _tidy(schema: Any) -> Any:
    """Return a schema without the titles that pydantic makes of the names of fields."""
    if isinstance(schema, list):
        return [_tidy(one) for one in cast(list[Any], schema)]
    if not isinstance(schema, dict):
        return schema
    known = cast(Json, schema)
    has_made_title = isinstance(known.get("title"), str) and "properties" not in known
    return {
        name: _tidy(value)
        for name, value in known.items()
        if not (name == "title" and has_made_title)
    }
