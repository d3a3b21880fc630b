"""Users for administrators: add, change role and password, delete (manual 6.3.2-6.3.4)."""

from typing import Any

from flask import Blueprint, abort, current_app, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from host.settings.accounts import (
    ROLES,
    Refused,
    check_name,
    check_password,
    check_role,
    reason_of,
)
from host.store.accounts import User
from host.texts import words as names
from host.web import access
from host.web.asking import ask
from host.web.people import People
from host.web.refusal import refused, refused_user, repeat_differs
from shared.errors import MbuslinkError

page = Blueprint("users", __name__)


@page.get("/users")
def show() -> Response:
    """Show everybody, and the form for one more."""
    return _list()


@page.post("/users")
def add() -> Response:
    """Add a user."""
    name, role = request.form.get("name", "").strip(), request.form.get("role", "")
    new = request.form.get("new", "")
    wanted = {"name": name, "role": role, "password": new, "must_change": _must_change()}

    def check() -> None:
        check_name(name)
        check_role(role)

    why, answer = _change("users.add", wanted, check, new)
    return answer or (_list(why=why, name=name, role=role) if why else _back("added"))


@page.get("/users/<int:user_id>")
def edit(user_id: int) -> Response:
    """Show one user."""
    return _one(_other(user_id))


@page.post("/users/<int:user_id>/role")
def change_role(user_id: int) -> Response:
    """Change the role of another user."""
    user, role = _other(user_id), request.form.get("role", "")
    wanted = {"id": user_id, "role": role}
    why, answer = _change("users.change_role", wanted, lambda: check_role(role))
    return answer or (_one(user, why=why) if why else _back("role"))


@page.post("/users/<int:user_id>/password")
def set_password(user_id: int) -> Response:
    """Give another user a new password; whoever is signed in with the old one is signed out."""
    user, new = _other(user_id), request.form.get("new", "")
    wanted = {"id": user_id, "password": new, "must_change": _must_change()}
    why, answer = _change("users.set_password", wanted, password=new)
    return answer or (_one(user, why=why) if why else _back("password"))


@page.post("/users/<int:user_id>/delete")
def delete(user_id: int) -> Response:
    """Delete another user; the page has asked whether that is meant."""
    user = _other(user_id)
    why, answer = _change("users.delete", {"id": user_id})
    return answer or (_one(user, why=why) if why else _back("deleted"))


def _change(
    method: str, wanted: dict[str, Any], check: Any = None, password: str | None = None
) -> tuple[str, Response | None]:
    """Ask the core, unless the rules are against it at once.

    password: a new one, which was to be repeated. Returns why it was refused, in the reader's
    words, "" when it was done; or the answer for what is no fault of what was entered.
    """
    try:
        if check:
            check()
        if password is not None:
            if request.form.get("repeat", "") != password:
                return repeat_differs(), None
            check_password(password, _people().settings())
        ask(method, **wanted)
    except Refused as error:
        return refused_user(error), None
    except (MbuslinkError, TimeoutError) as error:
        return (refused_user(error), None) if reason_of(error) else ("", refused(error))
    return "", None


def _must_change() -> bool:
    return "must_change" in request.form


def _people() -> People:
    return current_app.extensions["people"]


def _other(user_id: int) -> User:
    """Return the user; one's own password has a page of its own, one's own role stays."""
    if user_id == access.signed_in().id:
        raise access.NotAllowed
    return _people().user(user_id) or abort(404)


def _back(done: str) -> Response:
    return redirect(f"/users?done={done}", 303)


def _list(*, why: str = "", name: str = "", role: str = "") -> Response:
    shown = render_template(
        "users.html",
        users=_people().all(),
        why=why,
        name=name,
        role=role,
        done=names.USERS_DONE.get(request.args.get("done", "")),
        **_shared(),
    )
    return make_response(shown, 422 if why else 200)


def _one(user: User, *, why: str = "") -> Response:
    shown = render_template("user.html", one=user, why=why, **_shared())
    return make_response(shown, 422 if why else 200)


def _shared() -> dict[str, Any]:
    return {"roles": {role: names.ROLES[role] for role in ROLES}} | {
        "password_min": _people().settings().password_min
    }
