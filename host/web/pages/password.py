"""One's own password (manual 6.3.5); the first sign-in leads here and nowhere else."""

from flask import Blueprint, current_app, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from host.settings.accounts import reason_of
from host.web import access, own_password, wizard
from host.web.people import People
from host.web.refusal import refused, refused_user, repeat_differs, wait
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
    new = request.form.get("new", "")
    if request.form.get("repeat", "") != new:
        return _form(why=repeat_differs())
    try:
        own_password.change(request.form.get("current", ""), new)
    except own_password.Wait as error:
        return _form(why=wait(error.seconds))
    except (MbuslinkError, TimeoutError) as error:
        return _form(why=refused_user(error)) if reason_of(error) else refused(error)
    people: People = current_app.extensions["people"]
    answer = redirect(wizard.way_in(user) if user.must_change else "/password?done=1", 303)
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
