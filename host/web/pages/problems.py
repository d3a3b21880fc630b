"""The pages for what cannot be shown: not found, refused, the database away, our own mistake."""

from collections.abc import Callable
from typing import Any

from flask import Flask, render_template
from structlog import get_logger
from werkzeug.exceptions import HTTPException

from host.store.database import StoreFault
from host.texts.catalogue import N_
from host.texts.errors import explain_error
from host.web import programs
from host.web.access import NotAllowed
from host.web.api import problems as api_problems
from host.web.core_line import CoreAway
from host.web.language import page_words

_log = get_logger("web")

# status -> (title, what to do)
_TEXTS = {
    400: (N_("Not understood"), N_("The request was not complete. Go back and try again.")),
    403: (
        N_("Refused"),
        N_("The request did not come from this page. Load the page anew and try again."),
    ),
    404: (N_("Not found"), N_("There is no such page. The meter may have been deleted.")),
    413: (N_("Too large"), N_("The file is too large. Choose another one.")),
    503: (
        N_("Too many downloads"),
        N_("Others are under way. Wait until one of them has ended and try again."),
    ),
    500: (N_("Something went wrong"), N_("The error is in the log. Try again.")),
}

_NOT_ALLOWED = (
    N_("Not allowed"),
    N_("Only an administrator may do this. You can read everything; ask for another role."),
)


def register(app: Flask) -> None:
    """Give `app` a page for every kind of error."""
    kinds: tuple[tuple[type[Exception], Callable[[Any], Any]], ...] = (
        (HTTPException, _http),
        (StoreFault, _store),
        (CoreAway, _away),
        (Exception, _unexpected),
    )
    for kind, page in kinds:
        app.register_error_handler(kind, _told(page))


def _told(page: Callable[[Any], Any]) -> Callable[[Exception], Any]:
    """Return what tells an error by `page`, or a program in its own way."""

    def answer(error: Exception) -> Any:
        return api_problems.answer(error) if programs.are_asking() else page(error)

    return answer


def _http(error: HTTPException) -> tuple[str, int]:
    status = error.code or 500
    if isinstance(error, NotAllowed):
        return _page(*_NOT_ALLOWED), status
    title, text = _TEXTS.get(status, _TEXTS[400 if status < 500 else 500])
    return _page(title, text), status


def _store(error: StoreFault) -> tuple[str, int]:
    _log.error("database", error=str(error))
    return _explained("store_fault"), 503


def _away(_error: CoreAway) -> tuple[str, int]:
    return _explained("core_away"), 503


def _unexpected(error: Exception) -> tuple[str, int]:
    _log.error("page failed", exc_info=error)
    return _page(*_TEXTS[500]), 500


def _explained(key: str) -> str:
    why, gettext = explain_error(key), page_words().gettext
    return _page(why.what, f"{gettext(why.cause)} {gettext(why.next_step)}")


def _page(title: str, text: str) -> str:
    gettext = page_words().gettext
    return render_template("problem.html", title=gettext(title), text=gettext(text))
