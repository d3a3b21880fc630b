"""What a reader sets for this browser: the language."""

from urllib.parse import urlsplit

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from host.texts.catalogue import LANGUAGES
from host.web.language import remember

page = Blueprint("preferences", __name__)


@page.post("/language")
def set_language() -> Response:
    """Remember the language and go back to the page it was chosen on."""
    language = request.form.get("language", "")
    if language not in LANGUAGES:
        abort(400)
    response = redirect(own_path(request.form.get("page", "/")), 303)
    remember(response, language)
    return response


def own_path(address: str) -> str:
    """Return `address` when it is a path on this server, else "/": no open redirect.

    A backslash counts as a slash in browsers, so "/\\elsewhere" is not a path either.
    """
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not address.startswith("/") or address[1:2] in ("/", "\\"):
        return "/"
    return address.removesuffix("?") if address.isprintable() else "/"
