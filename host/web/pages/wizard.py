"""The wizard's own pages: the way to where it stands, from step to step, and the summary."""

from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request
from werkzeug.wrappers import Response

from host.settings.wizard import ENDED, LATER, STEPS
from host.store import meters, settings
from host.web import access, guard, wizard
from host.web.asking import ask
from host.web.pages import clock, entering, network, scan
from host.web.pages.settings import chapter
from host.web.refusal import refused
from host.web.settings import WebSettings
from shared.errors import MbuslinkError

page = Blueprint("wizard", __name__, url_prefix=wizard.PREFIX)
for _step in (chapter, network.page, clock.page, scan.page, entering.page):
    page.register_blueprint(_step)


@page.before_request
def begin() -> None:
    """Have it kept before the first step is saved."""
    if guard.changes():
        wizard.begin(access.signed_in())


@page.get("")
def show() -> Response:
    """Lead to the step where it stands."""
    return redirect(wizard.path_at(), 303)


@page.post("")
def go() -> Response:
    """Go `to` another step, or out of the wizard: "later" or for good ("ended")."""
    to = request.form.get("to", "")
    if to not in (*STEPS, LATER, ENDED):
        abort(400)
    try:
        ask("wizard.go", to=to, done=None)
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    paths = {step.key: step.path for step in wizard.STEPS}
    return redirect(paths.get(to, "/"), 303)


@page.get("/summary")
def summary() -> str:
    """Show what is set, and what comes next."""
    told: WebSettings = current_app.extensions["settings"]
    kept: dict[str, Any] = dict(told.reader.read(settings.load_all))
    return render_template(
        "wizard_summary.html",
        kept=kept,
        meter_count=len(told.reader.read(meters.all)),
        done=wizard.steps_done(),
    )
