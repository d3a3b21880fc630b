"""Signing in and out, staying signed in, and whether the web process is well (manual 6.3)."""

import time
from contextlib import suppress

from flask import Blueprint, current_app, make_response, redirect, render_template, request
from structlog import get_logger
from werkzeug.wrappers import Response

from host.settings.accounts import LONGEST_NAME, LONGEST_PASSWORD
from host.store.accounts import User
from host.web import access, language, refusal, wizard
from host.web.attempts import Attempts
from host.web.core_line import CoreLine
from host.web.own_path import own_path
from host.web.people import People
from host.web.sessions import Sessions
from shared.errors import MbuslinkError

page = Blueprint("signing", __name__)

_log = get_logger("web.sign-in")


@page.get("/sign-in")
def show() -> Response:
    """Show the sign-in; who is signed in already goes on at once."""
    if access.user():
        return redirect(own_path(request.args.get("next", "/")), 303)
    return _form(request.args.get("next", "/"))


@page.post("/sign-in")
def sign_in() -> Response:
    """Begin a session, and go on to the page that was wanted, or to choosing a password first."""
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    wanted = request.form.get("next", "/")
    attempts: Attempts = current_app.extensions["attempts"]
    people: People = current_app.extensions["people"]
    where = request.remote_addr or ""
    name = name[: LONGEST_NAME + 1]
    if wait_s := attempts.begin(where, name, time.monotonic()):
        return _form(wanted, name=name, wait_s=wait_s, status=429)
    found = people.check(name, password) if len(password) <= LONGEST_PASSWORD else None
    if found is None:
        _log.warning("sign-in refused", name=name, address=where)
        _note("refused", name)
        wait_s = attempts.wait_s(where, name, time.monotonic())
        return _form(wanted, name=name, wrong=True, wait_s=wait_s, status=401)
    attempts.succeeded(where, name)
    _log.info("signed in", name=found.name, address=where)
    _note("in", found.name)
    return _go_on(found, wanted)


@page.post("/sign-out")
def sign_out() -> Response:
    """End the session."""
    sessions: Sessions = current_app.extensions["sessions"]
    sessions.end(access.token())
    _note("out", access.signed_in().name)
    answer = redirect(f"{access.SIGN_IN}?out=1", 303)
    answer.delete_cookie(access.COOKIE)
    return answer


@page.post("/stay")
def stay() -> Response:
    """Stay signed in: that this was asked for is what counts."""
    if "HX-Request" in request.headers:
        return make_response(render_template("_idle.html"), 200)
    return redirect("/", 303)


@page.get("/health")
def health() -> Response:
    """Tell a watchdog that pages are served; nothing more, for nobody is signed in."""
    return make_response("ok\n", 200, {"Content-Type": "text/plain; charset=utf-8"})


def _note(what: str, name: str) -> None:
    """Have it written down; a core that is away keeps nobody out."""
    core: CoreLine = current_app.extensions["core"]
    address = (request.remote_addr or "")[:45]
    with suppress(MbuslinkError, TimeoutError):
        core.request("signing.note", what=what, name=name[:LONGEST_NAME], address=address)


def _go_on(found: User, wanted: str) -> Response:
    to = own_path(wanted)
    if found.must_change:
        to = access.PASSWORD
    elif to == "/":
        to = wizard.way_in(found)
    answer = redirect(to, 303)
    access.begin_session(answer, found)
    if found.language:
        language.remember(answer, found.language)
    return answer


def _form(
    wanted: str,
    *,
    name: str = "",
    wrong: bool = False,
    wait_s: int = 0,
    status: int = 200,
) -> Response:
    """Return the page. wrong: name or password; wait_s: how long the next try has to wait (s)."""
    shown = render_template(
        "sign_in.html",
        next=own_path(wanted),
        name=name,
        wrong=wrong,
        wait=refusal.wait(wait_s) if wait_s else "",
        out="out" in request.args,
        ended="ended" in request.args,
    )
    answer = make_response(shown, status)
    if wait_s:
        answer.headers["Retry-After"] = str(wait_s)
    return answer
