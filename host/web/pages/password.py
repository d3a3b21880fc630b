"""One's own password (manual 6.3.5); the first sign-in leads here and nowhere else."""

import time

from flask import Blueprint, current_app, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from host.settings.accounts import Refused, check_password, reason_of
from host.web import access
from host.web.attempts import Attempts
from host.web.core_line import CoreLine
from host.web.people import People
from host.web.refusal import refused, refused_user, repeat_differs, wait
from host.web.sessions import Sessions
from shared.errors import MbuslinkError

page = Blueprint("password", __name__)


@page.get("/password")
def show() -> Response:
    """Show the form."""
    return _form()


@page.post("/password")
def change() -> Response:
    """Change it. Every other session of this user ends, and this one gets another token."""
    user = access.signed_in()
    current, new = request.form.get("current", ""), request.form.get("new", "")
    core: CoreLine = current_app.extensions["core"]
    people: People = current_app.extensions["people"]
    attempts: Attempts = current_app.extensions["attempts"]
    where = request.remote_addr or ""
    if request.form.get("repeat", "") != new:
        return _form(why=repeat_differs())
    try:
        check_password(new, people.settings())
        if wait_s := attempts.begin(where, user.name, time.monotonic()):
            return _form(why=wait(wait_s))
        core.request(
            "users.set_own_password", who=user.name, id=user.id, current=current, password=new
        )
    except Refused as error:
        return _form(why=refused_user(error))
    except (MbuslinkError, TimeoutError) as error:
        reason = reason_of(error)
        if reason != "password_wrong":
            attempts.succeeded(where, user.name)  # it was no guess
        return _form(why=refused_user(error)) if reason else refused(error)
    attempts.succeeded(where, user.name)
    sessions: Sessions = current_app.extensions["sessions"]
    sessions.end_of(user.id)
    answer = redirect("/" if user.must_change else "/password?done=1", 303)
    changed = people.user(user.id)
    if changed:
        access.begin_session(answer, changed)
    return answer


def _form(why: str = "") -> Response:
    """Return the page; why: what is wrong with what was entered, in the reader's words."""
    people: People = current_app.extensions["people"]
    shown = render_template(
        "password.html",
        why=why,
        done="done" in request.args,
        password_min=people.settings().password_min,
        forced=access.signed_in().must_change,
    )
    return make_response(shown, 422 if why else 200)
