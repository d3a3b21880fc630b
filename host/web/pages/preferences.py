"""The language: kept in the browser, and with the user who is signed in."""

from contextlib import suppress
from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, redirect, request
from werkzeug.wrappers import Response

from host.texts.catalogue import LANGUAGES
from host.web import access
from host.web.core_line import CoreLine
from host.web.language import remember
from shared.errors import MbuslinkError

page = Blueprint("preferences", __name__)


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


def own_path(address: str) -> str:
    """Return `address` when it is a path on this server, else "/": no open redirect.

    A backslash counts as a slash in browsers, so "/\\elsewhere" is not a path either.
    """
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not address.startswith("/") or address[1:2] in ("/", "\\"):
        return "/"
    return address.removesuffix("?") if address.isprintable() else "/"
