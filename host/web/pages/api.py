"""What the API can do, as a page made of its description; it needs no script and nothing else.

The words around it are in the reader's language; the description itself is English, as programs
are written in it.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

from flask import Blueprint, current_app, render_template, request
from markupsafe import Markup, escape

from host.web.api import problems
from host.web.api.models import JSON

page = Blueprint("api_page", __name__)

Json = Mapping[str, Any]
_STRONG, _CODE = re.compile(r"\*\*(.+?)\*\*"), re.compile(r"`([^`]*)`")
_DEEPEST = 4


class Field(NamedTuple):
    """A field of a body or answer. name: with the fields around it ("meters[].id")."""

    name: str
    kind: str
    is_required: bool
    about: str


class Shown(NamedTuple):
    """An operation as the page shows it; see the template."""

    name: str
    method: str
    path: str
    summary: str
    about: str
    parameters: list[Json]
    body: list[Field]
    answer: list[Field]
    statuses: list[tuple[str, str]]
    curl: str


@page.get("/api")
def show() -> str:
    """Show the description of the API."""
    whole = current_app.extensions["api"]
    groups: dict[str, list[Shown]] = {tag["name"]: [] for tag in whole["tags"]}
    for path, methods in whole["paths"].items():
        for method, one in methods.items():
            groups[one["tags"][0]].append(_shown(whole, path, method.upper(), one))
    return render_template(
        "api.html",
        about=prose(whole["info"]["description"]),
        groups=groups,
        problems={key: problems.in_words(key) for key in problems.KEYS},
        prose=prose,
    )


def prose(text: str) -> Markup:
    """Return paragraphs with `code` and **strong** words as HTML."""
    safe = str(escape(text.strip()))
    marked = _STRONG.sub(r"<strong>\1</strong>", _CODE.sub(r"<code>\1</code>", safe))
    return Markup("".join(f"<p>{part}</p>" for part in marked.split("\n\n") if part))  # noqa: S704


def _shown(whole: Json, path: str, method: str, one: Json) -> Shown:
    body = one.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema")
    statuses = [(status, answer["description"]) for status, answer in one["responses"].items()]
    first = next(iter(one["responses"].values())).get("content", {})
    answer = first.get(JSON, {}).get("schema")
    return Shown(
        one["operationId"],
        method,
        path,
        one["summary"],
        one["description"],
        one["parameters"],
        list(_fields(whole, body)) if body else [],
        list(_fields(whole, answer)) if answer else [],
        statuses,
        _curl(whole, path, method, one["parameters"], body),
    )


def _curl(whole: Json, path: str, method: str, parameters: list[Json], body: Json | None) -> str:
    """Return a command that does it."""
    for one in parameters:
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", str(example(whole, one["schema"])))
    query = urlencode(
        {
            one["name"]: example(whole, one["schema"])
            for one in parameters
            if one["required"] and one["in"] == "query"
        }
    )
    address = request.host_url.removesuffix("/") + path + (f"?{query}" if query else "")
    parts = ["curl"] + ([] if method == "GET" else ["-X", method])
    text = " ".join(parts) + ' -H "Authorization: Bearer $TOKEN"'
    if body:
        sent = json.dumps(example(whole, body), ensure_ascii=False)
        text += f" \\\n  -H 'Content-Type: {JSON}' -d {shlex.quote(sent)}"
    return f"{text} \\\n  {shlex.quote(address)}"


def example(whole: Json, schema: Json) -> Any:
    """Return something that fits a schema: its own example where it has one."""
    schema = _resolved(whole, schema)
    if "examples" in schema:
        return schema["examples"][0]
    if "default" in schema:
        return schema["default"]
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match _type(schema):
        case "object":
            required = schema.get("required", ())
            fields = schema.get("properties", {})
            return {name: example(whole, fields[name]) for name in required}
        case "array":
            return [example(whole, schema["items"])]
        case "integer":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return "text"


def _fields(whole: Json, schema: Json, before: str = "", depth: int = 0) -> Iterator[Field]:
    schema = _resolved(whole, schema)
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        inner = _resolved(whole, field)
        about = field.get("description") or inner.get("description", "")
        yield Field(before + name, _kind(whole, field), name in required, about)
        items = _resolved(whole, inner["items"]) if "items" in inner else inner
        if "properties" in items and depth < _DEEPEST:
            mark = "[]." if "items" in inner else "."
            yield from _fields(whole, items, before + name + mark, depth + 1)


def _kind(whole: Json, field: Json) -> str:
    if "anyOf" in field:
        kinds = [_kind(whole, one) for one in field["anyOf"]]
        return " | ".join(dict.fromkeys(kinds))
    known = _resolved(whole, field)
    if "enum" in known:
        return " | ".join(json.dumps(one) for one in known["enum"])
    kind = _type(known)
    if kind == "array":
        return f"array of {_kind(whole, known.get('items', {}))}"
    return f"{kind} ({known['format']})" if "format" in known else kind


def _resolved(whole: Json, schema: Json) -> Json:
    """Return a schema without reference; of several kinds the first that is not null."""
    while "$ref" in schema or "anyOf" in schema:
        if "anyOf" in schema:
            kinds = cast(list[Json], schema["anyOf"])
            schema = next(one for one in kinds if one.get("type") != "null")
        else:
            schema = whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _type(schema: Json) -> str:
    return schema.get("type", "any" if "properties" not in schema else "object")
