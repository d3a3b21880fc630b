"""What a user sets for itself: the language, and whether it sees the settings for experts.

The language is kept in the browser, too, which has it before anybody is signed in.
"""

from contextlib import suppress

from flask import Blueprint, abort, current_app, redirect, render_template, request
from werkzeug.wrappers import Response

from host.texts.catalogue import LANGUAGES
from host.web import access, experts
from host.web.core_line import CoreLine
from host.web.language import remember
from host.web.own_path import own_path
from host.web.refusal import refused
from shared.errors import MbuslinkError

page = Blueprint("preferences", __name__)


@page.get("/preferences")
def show() -> str:
    """Show them; `?done=1`: one was just stored."""
    return render_template("preferences.html", done="done" in request.args)


@page.post("/preferences/expert")
def set_expert() -> Response:
    """Show the settings for experts from now on, or hide them."""
    try:
        experts.switch("expert" in request.form)
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    return redirect("/preferences?done=1", 303)


@page.post("/language")
def set_language() -> Response:
    """Remember the language and go back to the page it was chosen on."""
    language = request.form.get("language", "")
    if language not in LANGUAGES:
        abort(400)
    response = redirect(own_path(request.form.get("page", "/")), 303)
    remember(response, language)
    user = access.user()
    if user and user.language != language:
        core: CoreLine = current_app.extensions["core"]
        with suppress(MbuslinkError, TimeoutError):  # this browser has it all the same
            core.request("users.set_language", who=user.name, id=user.id, language=language)
    return response
