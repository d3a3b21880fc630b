"""The chart of a meter's value (manual 6.9.2, 6.9.3): page, numbers (JSON) and file (CSV).

The address says what is shown: `value` (its number, from 1), `period` (day, week, month, year),
`start` (a day) and `with` (before, year, none). Whatever is left out is chosen.
"""

import json
from datetime import date
from typing import Any, cast, get_args
from urllib.parse import urlencode

from flask import Blueprint, abort, current_app, jsonify, render_template, request
from werkzeug.wrappers import Response

from host.readout import spans
from host.readout.spans import Span
from host.texts.catalogue import N_
from host.texts.locale import Words
from host.web import chart_figures, chart_text
from host.web.chart import Asked, Chart, NoSuchValue, With, look
from host.web.language import page_words
from host.web.meters_view import MeterRow, MetersView
from host.web.settings import WebSettings
from shared.errors import BadSetting

page = Blueprint("chart", __name__)

KIND_NAMES = {"day": N_("Day"), "week": N_("Week"), "month": N_("Month"), "year": N_("Year")}
WITH_NAMES = {
    "before": N_("the period before"),
    "year": N_("the same period a year before"),
    "none": N_("nothing"),
}
_OPEN_ROWS = 40
"""A longer table is folded up."""


@page.get("/meters/<int:meter_id>/chart")
def show(meter_id: int) -> str:
    """Show the chart, its summary and its table."""
    row = _row(meter_id)
    words = page_words()
    try:
        chart = _look(row, _asked())
    except NoSuchValue:
        if "value" in request.args:
            abort(404)
        return render_template("chart.html", view="page", row=row, meter=row.meter, chart=None)
    return render_template("chart.html", **_context(chart, words))


@page.get("/meters/<int:meter_id>/chart.json")
def numbers(meter_id: int) -> Response:
    """Return what is drawn, as the page has it too."""
    chart, words = _chart(meter_id), page_words()
    return jsonify(chart_figures.figures(chart, list(chart_text.lines(chart, words)), words))


@page.get("/meters/<int:meter_id>/chart.csv")
def file(meter_id: int) -> Response:
    """Return the table as a file."""
    chart, words = _chart(meter_id), page_words()
    text = "".join(chart_figures.csv(chart, words))
    answer = Response(text, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f"attachment; filename={_file_name(chart)}.csv"
    return answer


def _file_name(chart: Chart) -> str:
    span = chart.span
    return f"chart-{chart.meter.meter.id}-{chart.number}-{span.kind}-{span.start}"


def _row(meter_id: int) -> MeterRow:
    meters: MetersView = current_app.extensions["meters"]
    return meters.row(meter_id) or abort(404)


def _chart(meter_id: int) -> Chart:
    try:
        return _look(_row(meter_id), _asked())
    except NoSuchValue:
        abort(404)


def _look(row: MeterRow, asked: Asked) -> Chart:
    settings: WebSettings = current_app.extensions["settings"]
    try:
        return look(current_app.extensions["meters"], row, asked, settings.zone)
    except BadSetting:
        abort(400)


def _asked() -> Asked:
    """Return what the address asks for. Aborts with 400 for what makes no sense."""
    kind = request.args.get("period") or "month"
    compare = request.args.get("with") or "before"
    value, start = request.args.get("value") or None, request.args.get("start") or None
    if kind not in spans.KINDS or compare not in get_args(With):
        abort(400)
    try:
        return Asked(
            None if value is None else int(value),
            kind,
            None if start is None else date.fromisoformat(start),
            cast(With, compare),
        )
    except ValueError:
        abort(400)


def _context(chart: Chart, words: Words) -> dict[str, Any]:
    lines = list(chart_text.lines(chart, words))
    name = chart_text.value_name(chart.record, words)
    figures = chart_figures.figures(chart, lines, words)
    return {
        "view": "page",
        "row": chart.meter,
        "meter": chart.meter.meter,
        "chart": chart,
        "name": name,
        "span": chart_text.span_name(chart.span, words),
        "other": chart_text.span_name(chart.other, words) if chart.other else "",
        "unit": figures["unit"],
        "figures": json.dumps(figures, ensure_ascii=False, separators=(",", ":")),
        "columns": chart_text.columns(chart, words),
        "lines": lines,
        "is_open": len(lines) <= _OPEN_ROWS,
        "summary": chart_text.summary(chart, words),
        "values": [(at, chart_text.value_name(one, words)) for at, one in chart.values],
        "kinds": [
            (kind, words.gettext(text), _holding(chart, kind)) for kind, text in KIND_NAMES.items()
        ],
        "withs": [(key, words.gettext(text)) for key, text in WITH_NAMES.items()],
        "earlier": _moved(chart, -1),
        "later": None if chart.is_under_way else _moved(chart, 1),
        "file_name": _file_name(chart),
        "query": _query(chart, chart.span),
    }


def _query(chart: Chart, span: Span) -> str:
    """Return the address's part after "?" for another span of the same chart."""
    fields = {"value": chart.number, "period": span.kind, "start": span.start.isoformat()}
    return urlencode(fields | {"with": chart.compare})


def _holding(chart: Chart, kind: str) -> str:
    """Return the query of the calendar's span of `kind` with what is shown in it.

    A shorter one has the last day of it that has come, a longer one its first.
    """
    shorter = spans.KINDS.index(cast(Any, kind)) < spans.KINDS.index(chart.span.kind)
    today = chart.now.astimezone(chart.zone).date()
    last = max(chart.span.start, min(chart.span.end - date.resolution, today))
    day = last if shorter else chart.span.start
    return _query(chart, spans.holding(cast(Any, kind), day))


def _moved(chart: Chart, count: int) -> str | None:
    try:
        return _query(chart, chart.span.moved(count))
    except BadSetting:
        return None
