"""The settings of one meter and of its values (manual 6.4.5).

And the word that another meter may stay in its place.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request
from werkzeug.wrappers import Response

from host.settings.chapter import WrongSettings
from host.settings.meter import CONFIRMED, MeterSettings
from host.settings.value import PLAIN, entries
from host.texts.errors import explain_error
from host.web import experts, forms, undoing, value_forms
from host.web.asking import ask
from host.web.language import page_words
from host.web.meters_view import MeterRow, MetersView
from host.web.refusal import key_of, refused
from host.web.value_forms import Line
from shared.errors import MbuslinkError

page = Blueprint("meter_settings", __name__)


@page.get("/meters/<int:meter_id>/settings")
def show(meter_id: int) -> str:
    """Show a meter's settings."""
    return _page(_row(meter_id))


@page.post("/meters/<int:meter_id>/settings")
def change(meter_id: int) -> Response | str | tuple[str, int]:
    """Store them; what is wrong is told at its field and stays in it."""
    row = _row(meter_id)
    if again := experts.switched(partial(_page, row, sent=request.form)):
        return again
    wanted = forms.meant(MeterSettings.rows(), request.form)
    try:
        MeterSettings(**wanted)
    except WrongSettings as error:
        words = page_words()
        problems = {problem.name: forms.told(problem, words) for problem in error.problems}
        return _page(row, sent=request.form, problems=problems), 422
    changes = {name: value for name, value in wanted.items() if getattr(row.meter, name) != value}
    answer: Mapping[str, Any] = {}
    try:
        if changes:
            answer = ask("meters.change", addresses=[row.meter.address], changes=changes)
    except (MbuslinkError, TimeoutError) as error:
        why = explain_error(key_of(error))
        return _page(row, sent=request.form, why=why, detail=str(error)), 503
    return redirect(undoing.address(f"/meters/{meter_id}", answer), 303)


@page.post("/meters/<int:meter_id>/values")
def change_values(meter_id: int) -> Response | tuple[str, int]:
    """Store the settings of its values; what is wrong is told at its field and stays in it."""
    row = _row(meter_id)
    sent = value_forms.read(request.form, page_words())
    if sent.problems:
        return _page(row, values=sent), 422
    own = _meters().own_values(row.meter)
    changed = {k: one for k, one in sent.settings.items() if one != (own.get(k) or PLAIN)}
    answer: Mapping[str, Any] = {}
    try:
        if changed:
            values = entries(changed)
            answer = ask("meters.change_values", address=row.meter.address, values=values)
    except (MbuslinkError, TimeoutError) as error:
        why = explain_error(key_of(error))
        return _page(row, values=sent, why=why, detail=str(error)), 503
    return redirect(undoing.address(f"/meters/{meter_id}", answer), 303)


@page.post("/meters/<int:meter_id>/values/preview")
def preview_values(meter_id: int) -> str:
    """Show what the values would be with what stands in the form."""
    sent = value_forms.read(request.form, page_words())
    return render_template("_values_shown.html", lines=_lines(_row(meter_id), sent))


@page.post("/meters/<int:meter_id>/confirm")
def confirm(meter_id: int) -> Response:
    """Somebody has seen that another meter stands in this place now."""
    row = _row(meter_id)
    try:
        ask("meters.change", addresses=[row.meter.address], changes={CONFIRMED: None})
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    return redirect(f"/meters/{meter_id}", 303)


def _page(
    row: MeterRow,
    *,
    sent: forms.Sent | None = None,
    problems: dict[str, str] | None = None,
    values: value_forms.Sent | None = None,
    **more: Any,
) -> str:
    rows = MeterSettings.rows()
    kept = {one.name: getattr(row.meter, one.name) for one in rows}
    return render_template(
        "meter_settings.html",
        row=row,
        meter=row.meter,
        form=experts.fields(rows, kept, problems or ()),
        fields=forms.fields(rows, kept, sent),
        problems=problems or {},
        lines=_lines(row, values),
        value_rows=value_forms.ROWS,
        designations=value_forms.designations(page_words()),
        units=value_forms.UNITS,
        **more,
    )


def _lines(row: MeterRow, sent: value_forms.Sent | None) -> list[Line]:
    records, own = _meters().records(row.meter), _meters().own_values(row.meter)
    return list(value_forms.lines(records, own, page_words(), sent))


def _row(meter_id: int) -> MeterRow:
    return _meters().row(meter_id) or abort(404)


def _meters() -> MetersView:
    return current_app.extensions["meters"]
