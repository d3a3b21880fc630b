"""What the core says against a wish, told on the page."""

from flask import make_response, render_template, request
from werkzeug.wrappers import Response

from host.texts.errors import explain_error
from shared.errors import MbuslinkError


def refused(error: Exception, keys: dict[str, str] | None = None) -> Response:
    """Return the notice (htmx) or a page with it. keys: which explanation an error gets here."""
    key = error.key if isinstance(error, MbuslinkError) else "deadline_exceeded"
    why = explain_error((keys or {}).get(key, key))
    template = "_notice.html" if "HX-Request" in request.headers else "refused.html"
    return make_response(render_template(template, why=why, detail=str(error)), 503)
