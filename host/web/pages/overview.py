"""The overview: every meter with its state, main value and last readout (manual 6.9.1)."""

from collections import Counter
from typing import Any

from flask import Blueprint, Flask, current_app, render_template, request

from host.settings.wizard import ENDED
from host.texts.catalogue import N_
from host.web import access, wizard
from host.web.language import page_words
from host.web.meters_view import STATES, MetersView
from host.web.pages.deleting import known_addresses

page = Blueprint("overview", __name__)

OVERVIEW = "overview"
EMPTY_OVERVIEW = "overview-empty"
"""What the page shows, as its live connection calls it: the table, or how to get a first meter."""

# key (in the address as ?sort=), title, class of the column
_COLUMNS = (
    ("state", N_("State"), ""),
    ("name", N_("Meter"), ""),
    ("address", N_("Address"), ""),
    ("manufacturer", N_("Manufacturer"), ""),
    ("serial", N_("Serial number"), ""),
    ("medium", N_("Medium"), ""),
    ("value", N_("Value"), "value"),
    ("age", N_("Last readout"), "age"),
)


def context(app: Flask) -> dict[str, Any]:
    """Return what the templates need: the rows, and how many meters are in which state."""
    meters: MetersView = app.extensions["meters"]
    rows = meters.rows()
    found = Counter(row.meter.state for row in rows)
    return {"rows": rows, "counts": {state: found[state] for state in reversed(STATES)}}


@page.get("/")
def show() -> str:
    """Show all meters; `?deleted=` (addresses) offers to have these back."""
    gettext = page_words().gettext
    columns = [(key, gettext(title), kind) for key, title, kind in _COLUMNS]
    facts = context(current_app)
    deleted = known_addresses(request.args.getlist("deleted"))
    view = OVERVIEW if facts["rows"] else EMPTY_OVERVIEW
    unfinished = access.may_change() and wizard.standing().state != ENDED
    return render_template(
        "overview.html",
        view=view,
        columns=columns,
        deleted=deleted,
        unfinished=unfinished,
        **facts,
    )
