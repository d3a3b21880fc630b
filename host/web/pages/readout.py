"""Reads meters now, through the core: all of them, or one (manual 6.9.1)."""

from flask import (
    Blueprint,
    current_app,
    redirect,
    render_template,
    request,
)
from werkzeug.wrappers import Response

from host.web.asking import ask
from host.web.core_line import CoreLine
from host.web.refusal import refused
from shared.errors import LinkLost, MbuslinkError

page = Blueprint("readout", __name__)


@page.post("/readout")
def read_all() -> Response:
    """Start a readout of all meters."""
    return _start(None, "/")


@page.post("/meters/<int:meter_id>/readout")
def read_one(meter_id: int) -> Response:
    """Start a readout of one meter."""
    return _start([meter_id], f"/meters/{meter_id}")


def _start(meters: list[int] | None, back: str) -> Response:
    """Ask the core; progress and values then come over the live connection.

    htmx gets nothing (204), or the notice that says why not; a browser without it goes `back`, or
    to a page with the notice.
    """
    core: CoreLine = current_app.extensions["core"]
    try:
        if core.link == "not_connected":
            raise LinkLost("the board is not connected")
        ask("readout.start", meters=meters)
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    if "HX-Request" in request.headers:
        return Response(render_template("_notice.html", why=None), 200)
    return redirect(back, 303)
