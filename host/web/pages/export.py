"""The download of readings as Standard CSV, one file a meter (manual 6.10, 11.2)."""

import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import IO, Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, render_template, request, send_file
from werkzeug.wrappers import Response

from host.export import csv_standard
from host.export.csv_standard import Format
from host.store.meters import Meter
from host.store.readings import Reading
from host.texts.catalogue import LANGUAGES, N_
from host.web.language import LANGUAGE_NAMES, page_words
from host.web.meters_view import MetersView
from host.web.settings import WebSettings
from shared.errors import BadSetting

page = Blueprint("export", __name__)

ZIP_NAME = "DataExport.zip"
_IN_MEMORY = 8 * 1024 * 1024

SEPARATORS = {
    "semicolon": (";", N_("Semicolon")),
    "comma": (",", N_("Comma")),
    "tab": ("\t", N_("Tab")),
}


@page.get("/export")
def show() -> str:
    """Show what can be chosen; `?meter=` comes from that meter's page."""
    meters: MetersView = current_app.extensions["meters"]
    gettext = page_words().gettext
    return render_template(
        "export.html",
        view="export",
        rows=meters.rows(),
        chosen=request.args.get("meter", type=int),
        separators={key: gettext(text) for key, (_, text) in SEPARATORS.items()},
        languages={"": gettext(N_("English, as in the manual"))}
        | {code: name for code, name in LANGUAGE_NAMES.items() if code != "en"},
    )


@page.get("/export/data")
def download() -> Response:
    """Send the readings of one meter as CSV, or those of all as DataExport.zip.

    `meter` (empty: all), `since` and `until` (days of the site, both included), `language`,
    `separator`, `bom`. Aborts with 400 for a day, language or separator that is none.
    """
    meters: MetersView = current_app.extensions["meters"]
    settings: WebSettings = current_app.extensions["settings"]
    period = _period(settings.zone)
    form = _format()
    number = request.args.get("meter", "")
    if number:
        row = meters.row(int(number)) if number.isdecimal() else None
        if row is None:
            abort(404)
        return _one(meters, row.meter, period, form)
    return _all(meters, [row.meter for row in meters.rows()], period, form)


Period = tuple[datetime | None, datetime | None]


def _one(meters: MetersView, meter: Meter, period: Period, form: Format) -> Response:
    file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - sent, then closed
    _write(file, meter, meters.period(meter.id, *period), form)
    file.seek(0)
    name = csv_standard.file_name(meter, datetime.now(UTC))
    return send_file(file, "text/csv; charset=utf-8", as_attachment=True, download_name=name)


def _all(meters: MetersView, chosen: Sequence[Meter], period: Period, form: Format) -> Response:
    now = datetime.now(UTC)
    file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - sent, then closed
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for meter in chosen:
            found = meters.period(meter.id, *period)
            if found:
                name = csv_standard.file_name(meter, now)
                entry = zipfile.ZipInfo(name, now.timetuple()[:6])
                entry.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(entry, "w") as part:
                    _write(part, meter, found, form)
    file.seek(0)
    return send_file(file, "application/zip", as_attachment=True, download_name=ZIP_NAME)


def _write(file: IO[bytes], meter: Meter, found: Sequence[Reading], form: Format) -> None:
    def again() -> Iterable[Reading]:
        return found

    for line in csv_standard.lines(meter, again, form):
        file.write(line.encode())


def _format() -> Format:
    """Return how the file is to be written, as the address says."""
    arguments: Any = request.args
    separator = SEPARATORS.get(arguments.get("separator", "semicolon"))
    language = arguments.get("language") or "en"
    if separator is None or language not in LANGUAGES:
        abort(400)
    try:
        return Format(separator[0], language, "bom" in arguments)
    except BadSetting:
        abort(400)


def _period(zone: ZoneInfo) -> Period:
    """Return the period asked for, from the begin of its first to the end of its last day."""
    since, until = _day("since"), _day("until")
    return (
        _midnight(since, zone) if since else None,
        _midnight(until + timedelta(days=1), zone) if until else None,
    )


def _day(name: str) -> date | None:
    text = request.args.get(name, "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        abort(400)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
