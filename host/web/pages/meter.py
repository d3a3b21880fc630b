"""One meter: its state, all its values, and its raw telegrams explained (manual 6.9.2)."""

from typing import Any

from flask import Blueprint, Flask, abort, current_app, render_template

from host.texts.errors import Explanation, explain_error
from host.web import undoing
from host.web.meters_view import MeterRow, MetersView, anatomies
from host.web.pages.asked_number import asked_number

page = Blueprint("meter", __name__)

_EARLIER = 12


def context(app: Flask, meter_id: int, reading_id: int | None) -> dict[str, Any]:
    """Return what the meter's templates need; the reading is the newest unless one is named.

    Aborts with 404 when there is no such meter or reading.
    """
    meters: MetersView = app.extensions["meters"]
    row = meters.row(meter_id)
    if row is None:
        abort(404)
    earlier = meters.readings(meter_id, _EARLIER)
    if reading_id is not None:
        reading = meters.reading(meter_id, reading_id) or abort(404)
    else:
        reading = earlier[0] if earlier else None
    telegrams = anatomies(reading) if reading else []
    return {
        "row": row,
        "meter": row.meter,
        "reading": reading,
        "newest": reading_id is None,
        "telegrams": telegrams,
        "values": meters.values(row.meter, reading) if reading else [],
        "status": [flag for part in telegrams for flag in part.status],
        "earlier": earlier,
        "why": _explanation(row),
    }


def _explanation(row: MeterRow) -> Explanation | None:
    """Return what is wrong with the meter, None when all is well."""
    meter = row.meter
    if meter.error_key:
        return explain_error(meter.error_key)
    return explain_error("alarm") if meter.state == "alarm" else None


@page.get("/meters/<int:meter_id>")
def show(meter_id: int) -> str:
    """Show a meter with its newest reading, or with the one that `?reading=` names."""
    reading_id = asked_number("reading")
    facts = context(current_app, meter_id, reading_id)
    view = f"meter-{meter_id}" if reading_id is None else "page"
    return render_template("meter.html", view=view, offer=undoing.offer(), **facts)
