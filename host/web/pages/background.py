"""Exports that the core makes by itself: begun, stopped, deleted and fetched from the export page.

How they go comes over the live connection; a browser without it sees it when it loads the page.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, send_file
from werkzeug.wrappers import Response

from host.core.services import EXPORT_FILE
from host.store.tables import to_ms
from host.web import access
from host.web.asking import ask
from host.web.core_line import AWAY, CoreAway, CoreLine
from host.web.exports import Exports
from host.web.pages import export
from host.web.refusal import refused
from host.web.settings import WebSettings
from host.web.sight import sees_all
from shared.errors import MbuslinkError

page = Blueprint("background", __name__)

_BACK = "/export#exports"
_KEYS = {"busy": "export_busy", "bad_setting": "export_gone"}


@page.post("/export/background")
def begin() -> Response:
    """Let the core make DataExport.zip of what the form says; the fields are the download's."""
    settings: WebSettings = current_app.extensions["settings"]
    form, period = export.format_asked(), export.period_asked(settings.zone)
    chosen = export.meters_asked(export.source(settings, period).meters())
    wanted: dict[str, Any] = {
        "meters": [meter.address for meter in chosen] if export.are_named() else None,
        "medium": request.form.get("medium") or None,
        "since_ms": None if period.since is None else to_ms(period.since),
        "until_ms": None if period.until is None else to_ms(period.until),
        "dates": period.dated,
        "kind": form.kind,
        "separator": "tab" if form.separator == "\t" else form.separator,
        "mark": form.mark,
        "language": form.language,
        "bom": form.bom,
    }
    return _done(lambda: ask("export.start", **wanted), "_export_begun.html")


@page.post("/export/background/<int:number>/stop")
def stop(number: int) -> Response:
    """End an export that is under way; its file is not kept."""
    return _done(lambda: ask("export.stop", number=number))


@page.post("/export/background/<int:number>/delete")
def delete(number: int) -> Response:
    """Delete an export in ten seconds."""
    core, who = _core(), access.signed_in().name

    def now() -> Any:
        return core.request("export.delete", number=number, who=who)

    def soon() -> None:
        if core.link == AWAY:
            raise CoreAway("no core would delete it")
        _exports().delete_later(number, now)

    return _done(soon)


@page.post("/export/background/<int:number>/undo")
def undo(number: int) -> Response:
    """Keep an export that was to be deleted."""
    return _done(lambda: _exports().keep(number))


@page.get("/export/background/<int:number>/" + EXPORT_FILE)
def fetch(number: int) -> Response:
    """Send the file of an export, or the part of it that `Range` asks for.

    Whatever meters are in it: only to those who may see all.
    """
    path = (sees_all() and _exports().file(number)) or abort(404)
    answer = send_file(path, "application/zip", as_attachment=True, conditional=True)
    return export.while_somebody_takes_it(answer)


def _done(work: Callable[[], Any], template: str = "_notice.html") -> Response:
    """Do it. htmx gets the piece `template`, or a notice that says why not; others a page."""
    try:
        work()
    except (MbuslinkError, TimeoutError) as error:
        return refused(error, _KEYS)
    if "HX-Request" in request.headers:
        return Response(render_template(template, why=None), 200)
    return redirect(_BACK, 303)


def _core() -> CoreLine:
    return current_app.extensions["core"]


def _exports() -> Exports:
    return current_app.extensions["exports"]
