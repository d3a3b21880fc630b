"""The app factory: Flask for the pages, an ASGI shell around it for the live WebSocket.

`create_app` makes the pages alone (tests use its client); `create_asgi` joins them with the live
connection and the line to the core for uvicorn.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, request
from werkzeug.routing import IntegerConverter, Map

from host.texts import words as names
from host.texts.errors import explain_error
from host.web import access, api, experts, guard, pages, record_text, supply, wizard
from host.web.attempts import Attempts
from host.web.core_line import AWAY, CoreLine
from host.web.display import shown_value, visible
from host.web.drawn import Drawn
from host.web.language import LANGUAGE_NAMES, page_words
from host.web.meters_view import MetersView
from host.web.people import People
from host.web.programs import Programs
from host.web.rate import Rate
from host.web.record_text import dumped, power, spaced_hex
from host.web.sessions import FILE_NAME as SESSIONS_FILE
from host.web.sessions import Sessions
from host.web.settings import WebSettings, zone_of
from shared.version import VERSION

STATIC_AGE = timedelta(days=365)
"""How long browsers keep a static file: its address has its age in it (`StaticFiles`)."""
TELL_LOST = timedelta(days=7)
"""How long the pages tell that a board had to drop readings."""


def create_app(settings: WebSettings, core: CoreLine) -> Flask:
    """Return the pages. core: the line to the core, which may be away."""
    app = Flask(__name__)
    app.url_map.converters["int"] = Number
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = STATIC_AGE
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.extensions["settings"] = settings
    app.extensions["core"] = core
    app.extensions["exports"] = core.exports
    app.extensions["people"] = People(settings.reader)
    app.extensions["sessions"] = Sessions(settings.data / SESSIONS_FILE)
    app.extensions["attempts"] = Attempts()
    app.extensions["programs"] = Programs(app.extensions["people"], core)
    app.extensions["rate"] = Rate()
    app.extensions["meters"] = MetersView(settings.reader, lambda: core.cycle_s)
    app.jinja_options = {"trim_blocks": True}
    app.jinja_env.filters.update(visible=visible, hex=spaced_hex, power=power, bytes=dumped)
    drawn = Drawn()
    tools: dict[str, Any] = {
        "drawn_rows": drawn.rows,
        "drawn_reading": drawn.reading,
        "static": StaticFiles(Path(app.static_folder or "")).url,
        "state_names": names.STATES,
        "link_states": names.LINK_STATES,
        "roles_of_users": names.ROLES,
        "status_names": names.STATUS,
        "standing_names": names.STANDINGS,
        "explain_error": explain_error,
        "csrf_token": guard.csrf_token,
        "experts_shown": experts.are_shown,
        "language_names": LANGUAGE_NAMES,
        "version": VERSION,
        "quantity": record_text.quantity,
        "tags": record_text.tags,
        "exact": record_text.exact,
        "origin": record_text.origin,
        "meaning": record_text.meaning,
        "shown_value": shown_value,
        "own": wizard.own,
        "wizard_states": wizard.STATES,
    }
    app.jinja_env.globals |= tools

    @app.context_processor
    def page_context() -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        words = page_words()
        return {
            "view": "page",
            **shared_context(words, core, settings),
            "request": request,
            "user": access.user(),
            "may_change": access.may_change(),
            "wizard": wizard.frame(),
        }

    guard.install(app)
    access.install(app)
    pages.register(app)
    api.register(app)
    return app


class Number(IntegerConverter):
    """A number in an address; one larger than any key of the database is not found."""

    def __init__(self, map: Map, fixed_digits: int = 0, max: int = 0x7FFFFFFF) -> None:
        super().__init__(map, fixed_digits, max=max)


def shared_context(words: Any, core: CoreLine, settings: WebSettings) -> dict[str, Any]:
    """Return what every template needs, on a page as on the live connection."""
    now = datetime.now(UTC)
    site = settings.site
    return {
        "site": site,
        "zone": zone_of(site),
        "words": words,
        "_": words.gettext,
        "ngettext": words.ngettext,
        "now": now,
        "link": core.link,
        "link_error": core.link_error,
        "job": core.job,
        "supply": supply.figures(core.inputs, words),
        "supply_stale_s": supply.STALE_S,
        "exports": core.exports.jobs,
        "exporting": core.exports.running,
        "scanning": core.scans.progress if core.scans.running and core.link != AWAY else None,
        "lost": core.lost if core.lost and now - core.lost.at < TELL_LOST else None,
    }


class StaticFiles:
    """Addresses of static files with their age in them, so that a new release is seen at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._urls: dict[str, str] = {}

    def url(self, name: str) -> str:
        """Return the address of the file `name`."""
        if name not in self._urls:
            path = self._folder / name
            age = int(path.stat().st_mtime) if path.exists() else 0
            self._urls[name] = f"/static/{name}?{age}"
        return self._urls[name]
