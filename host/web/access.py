"""Who may do what: every request checked against the table of routes.

A route that is not in the table is refused to everybody. Whoever must choose a password first gets
that page alone. A standard user reads; what changes something is an administrator's (manual 6.3).
"""

from __future__ import annotations

import time
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, current_app, g, make_response, redirect, request
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as BaseResponse

from host.store.accounts import User
from host.web import guard, programs, sight
from host.web.people import People
from host.web.programs import (
    PasswordFirst,
    Programs,
    ReadsOnly,
    SignInFirst,
    TokenWrong,
    TooFast,
)
from host.web.rate import Rate
from host.web.routes import ACCESS, Level
from host.web.sessions import Sessions

COOKIE = "mbuslink_session"
SIGN_IN = "/sign-in"
PASSWORD = "/password"  # noqa: S105 - a path


class NotAllowed(Forbidden):
    """A user asked for what another role may do."""

    key = "not_allowed"


def install(app: Flask) -> None:
    """Check every request of `app`; behind the checks of `guard`."""
    app.before_request(_check)
    app.teardown_request(_look_away)


def user() -> User | None:
    """Return who asks, None for somebody who is not signed in."""
    return g.get("user")


def signed_in() -> User:
    """Return who asks, on a page that the table gives to those who are signed in."""
    return g.user


def may_change() -> bool:
    """Tell whether who asks may change something."""
    asking = user()
    return asking is not None and asking.is_administrator and not asking.must_change


def token() -> str:
    """Return the token of the session, "" where there is none."""
    return request.cookies.get(COOKIE, "")


def user_of(app: Flask, token: str) -> User | None:
    """Return whose session has this token, None when it has ended. Raises `StoreFault`."""
    sessions: Sessions = app.extensions["sessions"]
    people: People = app.extensions["people"]
    session = sessions.find(token) if token else None
    if session is None:
        return None
    found = people.user(session.user_id)
    if found is None or found.stamp != session.stamp:
        sessions.end(token)
        return None
    return found


def begin_session(answer: BaseResponse, found: User) -> None:
    """Give the browser a new session of `found`, in place of the one it had."""
    sessions: Sessions = current_app.extensions["sessions"]
    sessions.end(token())
    answer.set_cookie(
        COOKIE, sessions.begin(found), httponly=True, samesite="Lax", secure=request.is_secure
    )


def _check() -> BaseResponse | None:
    """Let the request pass, lead to the sign-in, or stop it (403)."""
    sight.look(sight.NOTHING)
    level = _level()
    if programs.are_asking():
        _check_program(level)
        return None
    if request.endpoint == "static":
        return None
    found = g.user = user_of(current_app, token()) if token() else None
    if found:
        sight.look(_people().seen_by(found))
        sessions: Sessions = current_app.extensions["sessions"]
        sessions.touch(token())
    if level == Level.ANYBODY:
        return None
    if found is None:
        return _to_sign_in()
    if level > Level.SIGNED_IN and found.must_change:
        return _lead_to(PASSWORD)
    if level == Level.ADMINISTRATOR and not found.is_administrator:
        raise NotAllowed
    return None


def _check_program(level: Level) -> None:
    """Let the request of a program pass, or raise why not.

    It comes with a token, which may do what its user may, or with the session of a browser.
    """
    secret, held, found = programs.shown_token(), None, None
    if secret is not None:
        known: Programs = current_app.extensions["programs"]
        held, found = known.holder(secret) or (None, None)
    elif token():
        found = user_of(current_app, token())
    if found is None:
        _slow_down("address", request.remote_addr)
        raise SignInFirst if secret is None else TokenWrong
    _slow_down("user", found.id)
    g.user = found
    if held is None:
        sessions: Sessions = current_app.extensions["sessions"]
        sessions.touch(token())
        if guard.changes():
            guard.check_csrf_token()
    if found.must_change:
        raise PasswordFirst
    if level == Level.ADMINISTRATOR and not found.is_administrator:
        raise NotAllowed
    if held and held.read_only and guard.changes():
        raise ReadsOnly
    sight.look(_people().seen_by(found))


def _slow_down(kind: str, who: object) -> None:
    """Raise `TooFast` when `who` asks more than it may."""
    rate: Rate = current_app.extensions["rate"]
    if wait_s := rate.take((kind, who), time.monotonic()):
        raise TooFast(retry_after=wait_s)


def _look_away(_error: BaseException | None) -> None:
    sight.look(sight.NOTHING)


def _people() -> People:
    return current_app.extensions["people"]


def _level() -> Level:
    """Return who may do what is asked; what there is not is told to readers only."""
    if request.url_rule is None:
        return Level.READER
    method = "GET" if request.method == "HEAD" else request.method
    level = ACCESS.get(f"{method} {request.url_rule.rule}")
    if level is None:
        raise NotAllowed
    return level


def _to_sign_in() -> BaseResponse:
    """Lead to the sign-in, and from there back to where one wanted to go."""
    _people().all()  # without a database nobody can sign in: tell that at once
    if "HX-Request" in request.headers:
        wanted = urlsplit(request.headers.get("HX-Current-URL", "/"))
        back = f"{wanted.path}?{wanted.query}"
    else:
        back = request.full_path if request.method in ("GET", "HEAD") else "/"
    back = back.removesuffix("?")
    return _lead_to(f"{SIGN_IN}?{urlencode({'next': back})}" if back != "/" else SIGN_IN)


def _lead_to(address: str) -> BaseResponse:
    """Redirect a page; tell htmx to; a script's own request is refused instead."""
    if "HX-Request" in request.headers:
        answer: Response = make_response("", 401)
        answer.headers["HX-Redirect"] = address
        return answer
    if request.headers.get("Sec-Fetch-Dest") == "empty":
        return make_response("", 401)
    return redirect(address, 303)
