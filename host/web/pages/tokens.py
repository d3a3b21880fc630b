"""One's own tokens of the API: created, shown once, listed and revoked."""

from flask import Blueprint, current_app, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from host.settings.tokens import LONGEST_NAME, MOST, check_name
from host.store.tokens import Token
from host.texts.catalogue import N_
from host.web import access
from host.web.asking import ask
from host.web.language import page_words
from host.web.people import People
from host.web.refusal import refused
from shared.errors import BadSetting, Busy, MbuslinkError

page = Blueprint("tokens", __name__)

DAYS = {30: N_("30 days"), 90: N_("90 days"), 365: N_("a year"), 0: N_("until it is revoked")}
_NO_NAME = N_("The name needs 1 to 60 characters.")
_TAKEN = N_("You have a token of this name already.")
_MANY = N_("You have {count} tokens, and more cannot be: revoke one that is not used.")


@page.get("/tokens")
def show() -> Response:
    """Show the tokens of whoever is signed in, and the form for one more."""
    return _page()


@page.post("/tokens")
def add() -> Response:
    """Make a token and show it, this once."""
    user, form = access.signed_in(), request.form
    name, days = form.get("name", ""), form.get("days", type=int)
    read_only = form.get("may") != "all"
    try:
        name = check_name(name)
        if len(_tokens()) >= MOST:
            return _page(why=page_words().gettext(_MANY).format(count=MOST), name=name)
        wanted = {"user": user.id, "name": name, "read_only": read_only, "days": days or None}
        made = ask("tokens.add", **wanted)
    except Busy:
        return _page(why=page_words().gettext(_TAKEN), name=name)
    except BadSetting:
        return _page(why=page_words().gettext(_NO_NAME), name=name)
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    return _page(secret=made["secret"], made=name)


@page.post("/tokens/<int:token_id>/revoke")
def revoke(token_id: int) -> Response:
    """Let nobody in with a token any more."""
    try:
        if any(one.id == token_id for one in _tokens()):
            ask("tokens.revoke", user=access.signed_in().id, id=token_id)
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    return redirect("/tokens?done=revoked", 303)


def _tokens() -> list[Token]:
    people: People = current_app.extensions["people"]
    return list(people.tokens(access.signed_in()))


def _page(*, why: str = "", name: str = "", secret: str = "", made: str = "") -> Response:
    gettext = page_words().gettext
    done = gettext(N_("The token was revoked.")) if request.args.get("done") == "revoked" else ""
    shown = render_template(
        "tokens.html",
        back="/tokens",
        tokens=_tokens(),
        days={days: gettext(text) for days, text in DAYS.items()},
        longest_name=LONGEST_NAME,
        why=why,
        name=name,
        done="" if secret or why else done,
        secret=secret,
        made=made,
    )
    return make_response(shown, 422 if why else 200)
