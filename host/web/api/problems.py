"""What a program is told of an error: problem+json (RFC 9457), in the language it asks for.

`key` is what programs compare; `title`, `detail` and `next_step` are for people. The `type` leads
to the row of the key on the page of the API.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response
from pydantic import Field, ValidationError
from structlog import get_logger
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from host.settings import accounts
from host.settings.accounts import reason_of
from host.texts.api_problems import API_PROBLEMS
from host.texts.errors import EXPLANATIONS, Explanation, explain_error
from host.texts.locale import Words
from host.texts.words import NETWORK_REFUSALS, USER_REFUSALS
from host.web import programs
from host.web.api.models import Told
from host.web.language import page_words
from host.web.refusal import key_of, refused_user
from shared.errors import MbuslinkError

CONTENT_TYPE = "application/problem+json"
PAGE = "/api"

_log = get_logger("web.api")

# status of an HTTP error without a key of its own
_BY_STATUS = {
    400: "not_json",
    401: "sign_in_first",
    403: "foreign_request",
    404: "not_found",
    405: "wrong_method",
    413: "too_large",
    415: "not_json",
    503: "too_many_downloads",
}
# key -> status of what the logger says; all others come from the bus or the board
_STATUSES = {
    "bad_setting": 422,
    "bad_address": 422,
    "misuse": 422,
    "busy": 409,
    "core_away": 503,
    "link_lost": 503,
    "port_in_use": 503,
    "protocol_mismatch": 503,
    "store_fault": 503,
    "deadline_exceeded": 504,
}
_REFUSALS = {"name_taken": 409, "last_administrator": 409, "user_unknown": 404}
NETWORK = "network_"
"""Before the reasons why the network is not changed, as keys of problems."""
KEYS = (
    *API_PROBLEMS,
    *EXPLANATIONS,
    *(key for key in USER_REFUSALS if key not in API_PROBLEMS),
    *(NETWORK + reason for reason in NETWORK_REFUSALS),
)
"""All keys of problems."""


class Fault(Told):
    """A value that cannot be."""

    where: str = Field(description="Its place in the request, such as `body.meters.0.address`.")
    key: str = Field(description="Why, for programs.")
    said: str = Field(description="Why, for people.")


class Problem(Told):
    """Why a request failed."""

    type: str = Field(description="Address of what is known of this kind of problem.")
    key: str = Field(description="Names the kind of problem, for programs; it stays the same.")
    status: int = Field(description="The HTTP status.")
    title: str = Field(description="What happened, in the language of `Accept-Language`.")
    detail: str = Field(description="The probable cause.")
    next_step: str = Field(description="What to do about it.")
    said: str = Field(description="The thing itself, in English, for the expert; may be empty.")
    errors: list[Fault] = Field(description="The values that cannot be.")


class Wrong(Exception):
    """A request whose values cannot be."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{one.where}: {one.said}" for one in faults))
        self.faults = faults


class NotJson(Exception):
    """A body that cannot be read; `status`: 400 or 415."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Refused(Exception):
    """What cannot be done now; `key` names the problem."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(why)
        self.key = key


class Taken(Refused):
    """A name that there is already."""

    def __init__(self, why: str) -> None:
        super().__init__("name_taken", why)


def wrong(where: str, key: str, said: str) -> Wrong:
    """Return the error that one value is wrong."""
    return Wrong([Fault(where=where, key=key, said=said)])


def faults(error: ValidationError, part: str) -> Sequence[Fault]:
    """Return what a model says against a request's `part`; our own checks in the reader's words."""
    words = page_words()
    return [
        Fault(
            where=".".join([part, *map(str, one["loc"])]),
            key=one["type"],
            said=_said(one, words),
        )
        for one in error.errors(include_url=False, include_input=False)
    ]


def _said(error: Mapping[str, Any], words: Words) -> str:
    if error["type"] != "setting":
        return error["msg"]
    context = error["ctx"]
    msgid: str = context["msgid"]
    return words.gettext(msgid).format_map(_Known(context))


class _Known(dict[str, Any]):
    """Parameters of a text; one that is not told stays as it is."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def answer(error: Exception) -> Response:
    """Return what a program is told of `error`."""
    match error:
        case Wrong():
            return _answer("wrong_values", 422, str(error), error.faults)
        case NotJson():
            return _answer("not_json", error.status, str(error))
        case Refused():
            return _answer(error.key, 409, str(error))
        case HTTPException():
            return _http(error)
        case MbuslinkError() | TimeoutError():
            return _core(error)
        case _:
            _log.error("request failed", exc_info=error)
            return _answer("internal", 500)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    key = getattr(error, "key", None) or _BY_STATUS.get(status, "not_json")
    told = _answer(key, status)
    if status == 401:
        token_wrong = ', error="invalid_token"' if key == "token_wrong" else ""
        told.headers["WWW-Authenticate"] = programs.REALM + token_wrong
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        told.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    if isinstance(error, programs.TooFast):
        told.headers["Retry-After"] = str(error.retry_after)
    return told


def _core(error: Exception) -> Response:
    reason = reason_of(error)
    if reason:
        return _answer(reason, _REFUSALS.get(reason, 422), str(error))
    key = key_of(error)
    return _answer(key, _STATUSES.get(key, 502), str(error))


def in_words(key: str) -> Explanation:
    """Return what is known of the problem `key` in the reader's words: what, cause, next step."""
    gettext = page_words().gettext
    if key in API_PROBLEMS:
        return Explanation(*map(gettext, API_PROBLEMS[key]))
    if key in USER_REFUSALS:
        _, cause, next_step = map(gettext, API_PROBLEMS["wrong_values"])
        return Explanation(refused_user(accounts.Refused(key)), cause, next_step)
    refusal = NETWORK_REFUSALS.get(key.removeprefix(NETWORK)) if key.startswith(NETWORK) else None
    if refusal:
        return Explanation(gettext(refusal.what), "", gettext(refusal.next_step))
    return Explanation(*map(gettext, explain_error(key)))


def _answer(key: str, status: int, said: str = "", errors: Sequence[Fault] = ()) -> Response:
    known = in_words(key)
    problem = Problem(
        type=f"{PAGE}#{key}",
        key=key,
        status=status,
        title=known.what,
        detail=known.cause,
        next_step=known.next_step,
        said=said,
        errors=list(errors),
    )
    told = Response(problem.model_dump_json(), status, content_type=CONTENT_TYPE)
    told.headers["Content-Language"] = page_words().language
    return told
