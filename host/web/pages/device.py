"""The board's LCD live, and its two keys: as if one stood before the device (manual 6.2)."""

from typing import Any

from flask import Blueprint, Flask, abort, current_app, render_template, request
from werkzeug.wrappers import Response

from host.texts.words import GESTURES
from host.web import lcd
from host.web.asking import ask
from host.web.core_line import CoreLine
from host.web.refusal import refused
from shared.errors import MbuslinkError

page = Blueprint("device", __name__)

DEVICE = "device"
"""What the page shows, as its live connection calls it."""


@page.get("/device")
def show() -> str:
    """Show LCD, LEDs and keys."""
    return render_template("device.html", view=DEVICE, **context(current_app))


@page.post("/device/keys")
def press() -> Response | str:
    """Press the keys; what that does is seen on the LCD."""
    gesture = request.form.get("gesture", "")
    if gesture not in GESTURES:
        abort(400)
    try:
        ask("panel.press", gesture=gesture)
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    return "" if "HX-Request" in request.headers else show()


def context(app: Flask) -> dict[str, Any]:
    """Return what the templates need; panel: None before it was seen."""
    core: CoreLine = app.extensions["core"]
    panel = core.panel
    dark = lcd.path(panel["bands"]) if panel and panel["display"] else ""
    return {"panel": panel, "dark": dark, "size": (lcd.WIDTH, lcd.HEIGHT)}
