"""An operation of the API: from its function come the route, the checks and its description.

    @meters.get("/meters/<int:meter_id>")
    def one(meter_id: int) -> Meter:
        \"""Tell of a meter.\"""

`query` and `body` among the parameters are models that the request has to fit; the model that comes
back is the answer, None is none (204), a `Response` is sent as it is. The docstring describes it.
Who may do it stands in `host.web.access`, as for pages.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast, get_type_hints

from flask import Blueprint, Response, request
from pydantic import BaseModel, ValidationError

from host.web.api.models import JSON, Asked
from host.web.api.problems import NotJson, Wrong, faults
from host.web.programs import ROOT

PREFIX = ROOT + "v1"

Work = Callable[..., Any]


class Nothing(Asked):
    """A query of which nothing is asked."""


@dataclass(frozen=True, slots=True)
class Operation:
    """method, rule: as in a route of Flask. status: of an answer that went well.

    query, body, answer: models; None for none. media_type: of what is no model.
    """

    method: str
    rule: str
    work: Work
    status: int
    media_type: str
    query: type[BaseModel]
    body: type[BaseModel] | None
    answer: type[BaseModel] | None

    @property
    def name(self) -> str:
        """What it is called in clients made of the description."""
        return f"{self.work.__module__.rpartition('.')[2]}_{self.work.__name__}"

    @property
    def route(self) -> str:
        """Its row in `host.web.routes.ACCESS`."""
        return f"{self.method} {PREFIX}{self.rule}"

    @property
    def summary(self) -> str:
        return (inspect.getdoc(self.work) or "").partition("\n")[0]

    @property
    def description(self) -> str:
        """What there is to say beside the summary."""
        return (inspect.getdoc(self.work) or "").partition("\n")[2].strip()

    def respond(self, **path: Any) -> Response:
        """Answer the request under way. Raises `Wrong`, `NotJson` and what the work raises."""
        given = path | {"query": _query(self.query)} if self.query is not Nothing else path
        if self.query is Nothing:
            _query(Nothing)
        if self.body:
            given |= {"body": _body(self.body)}
        found = self.work(**given)
        if isinstance(found, BaseModel):
            return Response(found.model_dump_json(by_alias=True), self.status, content_type=JSON)
        return found or Response(status=204)


@dataclass(frozen=True, eq=False, slots=True)
class Group:
    """Operations that belong together. title: as the page of the API calls them."""

    title: str
    operations: list[Operation] = field(default_factory=list[Operation])

    def get(self, rule: str, media_type: str = JSON) -> Callable[[Work], Work]:
        return self._add("GET", rule, 200, media_type)

    def post(self, rule: str, status: int = 200) -> Callable[[Work], Work]:
        return self._add("POST", rule, status)

    def put(self, rule: str) -> Callable[[Work], Work]:
        return self._add("PUT", rule, 200)

    def patch(self, rule: str) -> Callable[[Work], Work]:
        return self._add("PATCH", rule, 200)

    def delete(self, rule: str) -> Callable[[Work], Work]:
        return self._add("DELETE", rule, 200)

    def _add(
        self, method: str, rule: str, status: int, media_type: str = JSON
    ) -> Callable[[Work], Work]:
        def keep(work: Work) -> Work:
            known = get_type_hints(work)
            result: Any = known["return"]
            is_model = isinstance(result, type) and issubclass(result, BaseModel)
            answer = cast(type[BaseModel], result) if is_model else None
            self.operations.append(
                Operation(
                    method,
                    rule,
                    work,
                    204 if result is type(None) else status,
                    media_type,
                    known.get("query", Nothing),
                    known.get("body"),
                    answer,
                )
            )
            return work

        return keep

    def register(self, page: Blueprint) -> None:
        """Add the routes to `page`."""
        for one in self.operations:
            page.add_url_rule(PREFIX + one.rule, one.name, one.respond, methods=[one.method])


def _query(model: type[BaseModel]) -> BaseModel:
    given = request.args.to_dict(flat=False)
    plain = {name: values[0] if len(values) == 1 else values for name, values in given.items()}
    try:
        return model.model_validate(plain)
    except ValidationError as error:
        raise Wrong(faults(error, "query")) from None


def _body(model: type[BaseModel]) -> BaseModel:
    if request.mimetype != JSON:
        raise NotJson(415, f"content type {request.mimetype or 'none'} is not {JSON}")
    text = request.get_data()
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotJson(400, f"no JSON: {error}") from None
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise Wrong(faults(error, "body")) from None
