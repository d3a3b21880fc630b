"""What the core says against a wish, told on the page."""

from flask import current_app, make_response, render_template, request
from werkzeug.wrappers import Response

from host.settings.accounts import reason_of
from host.texts.catalogue import N_
from host.texts.errors import explain_error
from host.texts.words import USER_REFUSALS
from host.web.core_line import CoreLine
from host.web.language import page_words
from host.web.people import People
from shared.errors import LinkLost, MbuslinkError


def refused(error: Exception, keys: dict[str, str] | None = None) -> Response:
    """Return the notice (htmx) or a page with it. keys: which explanation an error gets here."""
    why = explain_error((keys or {}).get(key_of(error), key_of(error)))
    template = "_notice.html" if "HX-Request" in request.headers else "refused.html"
    return make_response(render_template(template, why=why, detail=str(error)), 503)


def key_of(error: Exception) -> str:
    """Return the key of what the core said, or of its not having answered in time.

    Where the board is away, that of the reason.
    """
    key = error.key if isinstance(error, MbuslinkError) else "deadline_exceeded"
    core: CoreLine = current_app.extensions["core"]
    return core.link_error or key if key == LinkLost.key else key


def refused_user(error: Exception) -> str:
    """Return in the reader's words why a change of users is refused (manual chapter 8)."""
    people: People = current_app.extensions["people"]
    reason = reason_of(error) or "user_unknown"
    text = page_words().gettext(USER_REFUSALS[reason])
    return text.format(count=people.settings().password_min)


def repeat_differs() -> str:
    """Return that a new password was typed in two different ways."""
    return page_words().gettext(N_("The repeated password is another one. Type the same twice."))


def wait(seconds: int) -> str:
    """Return that another try has to wait."""
    words = page_words()
    text = words.gettext(N_("Too many tries: wait {time}, then try again."))
    return text.format(time=words.span(seconds))
